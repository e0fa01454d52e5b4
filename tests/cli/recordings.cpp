// SPDX-License-Identifier: Apache-2.0
#include "cli/recordings.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <stdexcept>

#include "support/test_folder.h"
#include "support/vectors.h"

namespace rollcall::cli::testing {

namespace {

std::string bytes_of(const std::string& hex) {
    return std::string{as_text(rollcall::tests::from_hex(hex))};
}

std::vector<Recording> load() {
    const auto json =
        nlohmann::json::parse(rollcall::tests::project_file("tests/interop/vectors/serf_rpc.json"));
    std::vector<Recording> all;
    for (const auto& entry : json) {
        Recording r{.name = entry.at("name")};
        if (entry.contains("hex")) {
            r.steps.push_back({.bytes = bytes_of(entry.at("hex"))});
        }
        if (entry.contains("argv") && entry.at("argv").is_array()) {
            r.argv = entry.at("argv").get<std::vector<std::string>>();
            r.argv.erase(r.argv.begin());
            r.exit = entry.at("exit");
            r.out = entry.at("stdout");
        }
        for (const auto& step : entry.value("transcript", nlohmann::json::array())) {
            // The recorder left the middle of very long conversations out.
            if (!step.contains("hex")) continue;
            r.steps.push_back({.from_client = step.at("dir") == "client->agent",
                               .bytes = bytes_of(step.at("hex"))});
        }
        all.push_back(std::move(r));
    }
    return all;
}

}  // namespace

const std::vector<Recording>& recordings() {
    static const std::vector<Recording> all = load();
    return all;
}

const Recording& recording(std::string_view name) {
    const auto& all = recordings();
    const auto it =
        std::find_if(all.begin(), all.end(), [&](const Recording& r) { return r.name == name; });
    if (it == all.end()) throw std::out_of_range{"no recording named " + std::string{name}};
    return *it;
}

std::string agent_object(const Recording& recording, std::size_t n) {
    for (const Step& step : recording.steps) {
        if (!step.from_client && n-- == 0) return step.bytes;
    }
    throw std::out_of_range{"the agent said less in " + recording.name};
}

std::string with_sorted_tags(const std::string& text) {
    std::string out;
    std::string word;
    const auto flush = [&] {
        if (word.find('=') != std::string::npos && word.find(',') != std::string::npos) {
            std::set<std::string> tags;
            std::istringstream parts{word};
            for (std::string tag; std::getline(parts, tag, ',');) tags.insert(tag);
            word.clear();
            for (const std::string& tag : tags) word += (word.empty() ? "" : ",") + tag;
        }
        out += word;
        word.clear();
    };
    for (const char c : text) {
        if (c == ' ' || c == '\n') {
            flush();
            out += c;
        } else {
            word += c;
        }
    }
    flush();
    return out;
}

}  // namespace rollcall::cli::testing
