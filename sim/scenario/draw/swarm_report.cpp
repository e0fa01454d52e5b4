// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/draw/swarm_report.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

namespace rollcall::sim {
namespace {

using SwarmJson = nlohmann::ordered_json;
using SwarmError = std::string;

constexpr std::uint64_t kMostParts = 100'000;

std::string hex_digits(std::uint64_t value) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
    return text;
}

// Reads fields of one object and keeps the first error.
class SwarmFields {
public:
    explicit SwarmFields(const SwarmJson& json) : json_{json} {
        if (!json.is_object()) error_ = "expected an object";
    }
    [[nodiscard]] const std::string& error() const { return error_; }

    std::uint64_t whole(const char* field, std::uint64_t least, std::uint64_t most) {
        const SwarmJson* value = find(field);
        if (value == nullptr) return least;
        if (!value->is_number_unsigned() || value->get<std::uint64_t>() < least ||
            value->get<std::uint64_t>() > most) {
            fail(field, *value,
                 "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
            return least;
        }
        return value->get<std::uint64_t>();
    }
    double number(const char* field) {
        const SwarmJson* value = find(field);
        if (value == nullptr) return 0;
        if (value->is_number() && value->get<double>() >= 0) return value->get<double>();
        fail(field, *value, "a number, 0 or more");
        return 0;
    }
    std::string text(const char* field) {
        const SwarmJson* value = find(field);
        if (value == nullptr) return {};
        if (value->is_string()) return value->get<std::string>();
        fail(field, *value, "text");
        return {};
    }
    std::uint64_t digits(const char* field, int base) {
        const std::string digits = text(field);
        if (!error_.empty()) return 0;
        std::uint64_t value = 0;
        const char* const end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
        if (error != std::errc{} || stop != end) fail(field, digits, "digits as text");
        return value;
    }
    const SwarmJson& list(const char* field) {
        static const SwarmJson kNone = SwarmJson::array();
        const SwarmJson* value = find(field);
        if (value == nullptr) return kNone;
        if (value->is_array()) return *value;
        fail(field, *value, "a list");
        return kNone;
    }
    void fail(const char* field, const SwarmJson& value, const std::string& allowed) {
        if (!error_.empty()) return;
        error_ =
            std::string{field} + " is " + value.dump().substr(0, 80) + "; allowed is " + allowed;
    }

private:
    const SwarmJson* find(const char* field) {
        if (!error_.empty()) return nullptr;
        const auto found = json_.find(field);
        if (found != json_.end()) return &*found;
        error_ = std::string{field} + " is missing";
        return nullptr;
    }
    const SwarmJson& json_;
    std::string error_;
};

constexpr std::uint64_t kAnyNumber = ~std::uint64_t{0};

void add_failures(SwarmFields& fields, SwarmResult& result) {
    for (const SwarmJson& entry : fields.list("failures")) {
        SwarmFields failure{entry};
        SwarmFailure read{.seed = failure.digits("seed", 10)};
        for (const SwarmJson& one : failure.list("violations")) {
            SwarmFields violation{one};
            const auto at =
                static_cast<Duration::rep>(violation.whole("at_ns", 0, kAnyNumber >> 1));
            read.violations.push_back({.at = Duration{at},
                                       .invariant = violation.text("invariant"),
                                       .what = violation.text("what")});
            if (!violation.error().empty()) fields.fail("violations", one, violation.error());
        }
        if (!failure.error().empty()) fields.fail("failures", entry, failure.error());
        result.failures.push_back(std::move(read));
    }
}

}  // namespace

std::string to_json(const SwarmResult& result) {
    SwarmJson json;
    json["swarm"] = 1;  // of this format
    json["from"] = std::to_string(result.from);
    json["seeds"] = result.seeds;
    json["shards"] = result.shards;
    json["parts"] = result.parts;
    json["done"] = result.done;
    json["run_twice"] = result.twice;
    json["hash"] = hex_digits(result.hash);
    json["events"] = result.events;
    json["node_seconds"] = result.node_seconds;
    json["broken"] = SwarmJson::array();
    for (const auto& [invariant, seeds] : result.broken) {
        json["broken"].push_back({{"invariant", invariant}, {"seeds", seeds}});
    }
    json["failures"] = SwarmJson::array();
    for (const SwarmFailure& failure : result.failures) {
        SwarmJson violations = SwarmJson::array();
        for (const Violation& v : failure.violations) {
            violations.push_back(
                {{"at_ns", v.at.count()}, {"invariant", v.invariant}, {"what", v.what}});
        }
        json["failures"].push_back(
            {{"seed", std::to_string(failure.seed)}, {"violations", std::move(violations)}});
    }
    return json.dump(2) + "\n";
}

Result<SwarmResult, std::string> swarm_from_json(std::string_view text) {
    const SwarmJson json = SwarmJson::parse(text, nullptr, false);
    if (json.is_discarded()) return SwarmError{"not JSON; expected what 'swarm --out' wrote"};
    SwarmFields fields{json};
    SwarmResult result;
    fields.whole("swarm", 1, 1);
    result.from = fields.digits("from", 10);
    result.seeds = fields.whole("seeds", 1, kAnyNumber);
    result.shards = static_cast<unsigned>(fields.whole("shards", 1, kMostParts));
    for (const SwarmJson& part : fields.list("parts")) {
        const bool good = part.is_number_unsigned() && part.get<std::uint64_t>() >= 1 &&
                          part.get<std::uint64_t>() <= result.shards;
        if (!good) fields.fail("parts", part, "1 to " + std::to_string(result.shards));
        if (good) result.parts.push_back(part.get<unsigned>());
    }
    result.done = fields.whole("done", 0, kAnyNumber);
    result.twice = fields.whole("run_twice", 0, kAnyNumber);
    result.hash = fields.digits("hash", 16);
    result.events = fields.whole("events", 0, kAnyNumber);
    result.node_seconds = fields.number("node_seconds");
    for (const SwarmJson& entry : fields.list("broken")) {
        SwarmFields broken{entry};
        result.broken[broken.text("invariant")] = broken.whole("seeds", 1, kAnyNumber);
        if (!broken.error().empty()) fields.fail("broken", entry, broken.error());
    }
    add_failures(fields, result);
    if (!fields.error().empty()) return fields.error();
    return result;
}

Result<SwarmResult, std::string> merge(std::span<const SwarmResult> parts) {
    if (parts.empty()) return SwarmError{"nothing to merge"};
    SwarmResult all{
        .from = parts[0].from, .seeds = parts[0].seeds, .shards = parts[0].shards, .parts = {}};
    for (const SwarmResult& part : parts) {
        if (part.from != all.from || part.seeds != all.seeds || part.shards != all.shards) {
            return SwarmError{"these are parts of different swarms: seeds " +
                              std::to_string(all.from) + "+" + std::to_string(all.seeds) + " in " +
                              std::to_string(all.shards) + " shards, and " +
                              std::to_string(part.from) + "+" + std::to_string(part.seeds) +
                              " in " + std::to_string(part.shards)};
        }
        for (const unsigned shard : part.parts) {
            if (std::ranges::find(all.parts, shard) != all.parts.end()) {
                return SwarmError{"shard " + std::to_string(shard) + " is given twice"};
            }
            all.parts.push_back(shard);
        }
        all.done += part.done;
        all.twice += part.twice;
        all.hash += part.hash;
        all.events += part.events;
        all.node_seconds += part.node_seconds;
        for (const auto& [invariant, seeds] : part.broken) all.broken[invariant] += seeds;
        all.failures.insert(all.failures.end(), part.failures.begin(), part.failures.end());
    }
    std::ranges::sort(all.parts);
    for (unsigned shard = 1; shard <= all.shards; ++shard) {
        if (!std::ranges::binary_search(all.parts, shard)) {
            return SwarmError{"shard " + std::to_string(shard) + " of " +
                              std::to_string(all.shards) + " is missing"};
        }
    }
    std::ranges::sort(all.failures, {}, &SwarmFailure::seed);
    if (all.failures.size() > SwarmResult::kMostFailures) {
        all.failures.resize(SwarmResult::kMostFailures);
    }
    return all;
}

}  // namespace rollcall::sim
