// SPDX-License-Identifier: Apache-2.0
#include "agent/config/file.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/config/serf_keys.h"
#include "base/nearest.h"
#include "base/sanitize.h"
#include "files/small_file.h"

namespace rollcall::agent {
namespace {

// Counts the lines that the parser has consumed: it reports its position only when it fails.
class LineCounting {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    LineCounting(const char* at, std::size_t* line) : at_{at}, line_{line} {}
    reference operator*() const { return *at_; }
    LineCounting& operator++() {
        if (*at_++ == '\n') ++*line_;
        return *this;
    }
    LineCounting operator++(int) {
        const LineCounting before = *this;
        ++*this;
        return before;
    }
    friend bool operator==(const LineCounting& a, const LineCounting& b) { return a.at_ == b.at_; }

private:
    const char* at_;
    std::size_t* line_;
};

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

// The JSON that a file may have for a setting, in words.
struct JsonForm {
    std::string operator()(std::string AgentConfig::*) const { return "a string"; }
    std::string operator()(std::vector<std::string> AgentConfig::*) const {
        return R"(a list of strings, like ["a", "b"])";
    }
    std::string operator()(WholeList) const {
        return R"(a string, or a list of strings, like ["a", "b"])";
    }
    std::string operator()(serf::Tags AgentConfig::*) const {
        return R"(an object of strings, like {"role": "web"})";
    }
    std::string operator()(bool AgentConfig::*) const { return std::string{kTrueOrFalse}; }
    std::string operator()(Duration AgentConfig::*) const {
        return R"(a duration in quotes, like "30s", "1m30s" or "500ms")";
    }
    std::string operator()(unsigned AgentConfig::*) const { return whole_number(); }
    std::string operator()(OfProfile<Duration>) const {
        return (*this)(&AgentConfig::retry_interval);
    }
    std::string operator()(OfProfile<unsigned>) const { return (*this)(&AgentConfig::retry_max); }
    std::string operator()(OfProfile<bool>) const { return (*this)(&AgentConfig::replay); }
};

enum class JsonType : std::uint8_t { text, number, truth, list, text_or_list, object };

struct TypeOf {
    JsonType operator()(std::string AgentConfig::*) const { return JsonType::text; }
    JsonType operator()(std::vector<std::string> AgentConfig::*) const { return JsonType::list; }
    JsonType operator()(WholeList) const { return JsonType::text_or_list; }
    JsonType operator()(serf::Tags AgentConfig::*) const { return JsonType::object; }
    JsonType operator()(bool AgentConfig::*) const { return JsonType::truth; }
    JsonType operator()(Duration AgentConfig::*) const { return JsonType::text; }
    JsonType operator()(unsigned AgentConfig::*) const { return JsonType::number; }
    JsonType operator()(OfProfile<Duration>) const { return JsonType::text; }
    JsonType operator()(OfProfile<unsigned>) const { return JsonType::number; }
    JsonType operator()(OfProfile<bool>) const { return JsonType::truth; }
};

std::string unknown_key(std::string_view key) {
    std::string text = "no setting has this name";
    const std::string typed = lower(key);
    const auto by_flag = std::ranges::find_if(all_settings(), [&](const Setting& s) {
        std::string dashed = typed;
        std::ranges::replace(dashed, '_', '-');
        return s.flag == dashed;
    });
    std::vector<std::string_view> names;
    for (const Setting& setting : all_settings()) names.push_back(setting.key);
    for (const SerfKey& serf : kSerfKeys) names.push_back(serf.key);
    const std::string_view near =
        by_flag != all_settings().end() ? by_flag->key : nearest(typed, names);
    if (!near.empty()) text += "; did you mean '" + std::string{near} + "'?";
    return text;
}

// Handles the parser's events. A mistake is recorded, its value skipped, and parsing goes on,
// unless the rest would be meaningless.
class Reader : public nlohmann::json_sax<nlohmann::json> {
public:
    Reader(std::string_view name, std::string_view text, const std::size_t& line)
        : name_{name}, text_{text}, line_{line} {}

    ConfigFile file;

    bool null() override { return scalar(std::nullopt, "null", {}); }
    bool boolean(bool on) override {
        const std::string text = on ? "true" : "false";
        return scalar(JsonType::truth, text, text);
    }
    bool number_integer(number_integer_t value) override {
        return scalar(JsonType::number, std::to_string(value), std::to_string(value));
    }
    bool number_unsigned(number_unsigned_t value) override {
        return scalar(JsonType::number, std::to_string(value), std::to_string(value));
    }
    bool number_float(number_float_t, const string_t& written) override {
        return scalar(JsonType::number, written, written);
    }
    bool string(string_t& value) override { return scalar(JsonType::text, value, value); }
    bool binary(binary_t&) override { return false; }  // JSON has none

    bool start_object(std::size_t) override {
        if (depth_ == 0) return deeper();
        if (skipping()) return pass_over(true) && deeper();
        if (depth_ > 1 || type() != JsonType::object) return wrong_container("{...}");
        return deeper();
    }
    bool end_object() override { return shallower(); }
    bool start_array(std::size_t) override {
        if (depth_ == 0) return no_object();
        if (skipping()) return pass_over(true) && deeper();
        if (depth_ > 1 || !takes(JsonType::list)) return wrong_container("[...]");
        return deeper();
    }
    bool end_array() override { return shallower(); }

    bool key(string_t& key) override {
        if (skipping() && depth_ > 1) return true;
        if (depth_ == 2) {
            tag_ = key;
            tag_is_wrong_ = key.empty() || key.find('=') != std::string::npos;
            if (!tag_is_wrong_) return true;
            return note(refusal(place(), key, "a tag's name, not empty and without '='"));
        }
        setting_ = nullptr;
        key_ = key;
        key_line_ = line_;
        const std::string wanted = lower(key);
        if (const auto [first, fresh] = seen_.emplace(wanted, line_); !fresh) {
            return note_at_key("given already in line " + std::to_string(first->second));
        }
        const auto settings = all_settings();
        const auto known =
            std::ranges::find_if(settings, [&](const Setting& s) { return s.key == wanted; });
        if (known != settings.end()) {
            setting_ = &*known;
            return true;
        }
        const auto* const serf = std::ranges::find(kSerfKeys, wanted, &SerfKey::key);
        if (serf == kSerfKeys.end()) return note_at_key(unknown_key(key));
        passed_over_ = serf;
        return true;
    }

    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::json::exception& error) override {
        const std::size_t end = std::min(position == 0 ? 0 : position - 1, text_.size());
        const std::string_view before = text_.substr(0, end);
        const auto line = 1 + std::ranges::count(before, '\n');
        std::string_view why = error.what();
        // "[json.exception.parse_error.101] parse error at line 3, column 5: syntax error ...";
        // the position is replaced by our own.
        const std::size_t from = why.find(": ");
        if (from != std::string_view::npos) why.remove_prefix(from + 2);
        return give_up(name_ + ":" + std::to_string(line) +
                       ": invalid JSON: " + sanitized(why.substr(0, 300)));
    }

private:
    // Serf's keys are nested less deeply.
    static constexpr unsigned kDeepest = 8;

    [[nodiscard]] JsonType type() const { return std::visit(TypeOf{}, setting_->target); }
    [[nodiscard]] bool takes(JsonType given) const {
        return given == type() || (type() == JsonType::text_or_list &&
                                   (given == JsonType::text || given == JsonType::list));
    }
    [[nodiscard]] bool skipping() const {
        return depth_ >= 1 && (setting_ == nullptr || depth_ >= skip_from_);
    }
    [[nodiscard]] std::string place() const { return place(key_line_); }
    [[nodiscard]] std::string place(std::size_t line) const {
        return name_ + ":" + std::to_string(line) + ": " + sanitized(key_);
    }
    // The value of a Serf key that has no setting here. An empty value counts as not given.
    bool pass_over(bool is_given) {
        const SerfKey* const serf = std::exchange(passed_over_, nullptr);
        if (serf == nullptr || !is_given) return true;
        if (serf->refused) return note_at_key("not supported; " + std::string{serf->advice});
        file.warnings.push_back(place() + " has no effect: " + std::string{serf->advice});
        return true;
    }
    // Returns whether to go on reading.
    bool note(std::string mistake) {
        if (file.mistakes.size() + 1 >= kMaxMistakes) {
            return give_up(name_ + ": too many mistakes; the rest is not read");
        }
        file.mistakes.push_back(std::move(mistake));
        return true;
    }
    bool note_at_key(std::string_view what) { return note(place() + ": " + std::string{what}); }
    bool give_up(std::string mistake) {
        file.mistakes.push_back(std::move(mistake));
        file.whole = false;
        return false;
    }
    bool no_object() {
        return give_up(name_ + ":" + std::to_string(line_) + ": a JSON object is expected, {...}");
    }
    bool deeper() {
        if (++depth_ <= kDeepest) return true;
        return give_up(place() + ": nested too deeply");
    }
    bool shallower() {
        if (depth_ == skip_from_) skip_from_ = kNeverSkip;
        // The end of a setting's list or object.
        if (depth_-- == 2) setting_ = nullptr;
        return true;
    }
    bool wrong_type(std::string_view value) {
        const std::string where =
            depth_ == 2 && type() == JsonType::object ? place() + "." + sanitized(tag_) : place();
        return note(refusal(where, setting_->more.secret ? "(a secret)" : value,
                            std::visit(JsonForm{}, setting_->target)));
    }
    bool wrong_container(std::string_view value) {
        const bool noted = depth_ == 2 && type() == JsonType::object && tag_is_wrong_;
        if (!noted && !wrong_type(value)) return false;
        skip_from_ = depth_ + 1;
        return deeper();
    }
    // `given` is nullopt for a JSON null, which counts as not given.
    bool scalar(std::optional<JsonType> given, std::string_view shown, std::string value) {
        if (depth_ == 0) return no_object();
        if (skipping()) return pass_over(given && !value.empty());
        if (depth_ == 2) {
            if (type() == JsonType::object && tag_is_wrong_) return true;
            if (given != JsonType::text) return wrong_type(shown);
            if (type() == JsonType::object) value = tag_ + "=" + value;
        } else if (!given) {
            return true;
        } else if (!takes(*given)) {
            return wrong_type(shown);
        }
        // A WholeList is one value: a later source replaces all of it.
        if (type() == JsonType::text_or_list && !file.given.empty() &&
            file.given.back().setting == setting_) {
            file.given.back().texts.push_back(std::move(value));
            return true;
        }
        // Each item of any other list has its own line.
        file.given.push_back(
            {setting_, {std::move(value)}, place(depth_ == 2 ? line_ : key_line_)});
        return true;
    }

    const std::string name_;
    const std::string_view text_;
    const std::size_t& line_;
    unsigned depth_ = 0;
    const Setting* setting_ = nullptr;      // of the key; null for a Serf key that we skip
    const SerfKey* passed_over_ = nullptr;  // its value comes next
    std::string key_, tag_;
    bool tag_is_wrong_ = false;
    static constexpr unsigned kNeverSkip = std::numeric_limits<unsigned>::max();
    unsigned skip_from_ = kNeverSkip;  // depth of a value that is skipped as a whole
    std::size_t key_line_ = 0;
    std::map<std::string, std::size_t> seen_;  // line of each key
};

std::string cannot_read(const std::string& path, std::string_view why) {
    return path + ": cannot be read: " + std::string{why};
}

}  // namespace

ConfigFile parse_config(std::string_view name, std::string_view text) {
    std::size_t line = 1;
    Reader reader{name, text, line};
    // Its result is in the mistakes, too.
    static_cast<void>(nlohmann::json::sax_parse(
        LineCounting{text.data(), &line}, LineCounting{text.data() + text.size(), &line}, &reader,
        nlohmann::json::input_format_t::json, true, true));
    return std::move(reader.file);
}

ConfigFile read_config(const std::string& path) {
    const auto unread = [&](std::string_view why) {
        return ConfigFile{
            .given = {}, .warnings = {}, .mistakes = {cannot_read(path, why)}, .whole = false};
    };
    auto text = read_small_file(path, kMaxConfigFile);
    if (!text) return unread(text.error().text);
    return parse_config(path, *text);
}

ConfigPaths config_files(const std::vector<std::string>& paths) {
    namespace fs = std::filesystem;
    ConfigPaths all;
    std::vector<std::string>& files = all.files;
    for (const std::string& path : paths) {
        std::error_code error;
        if (!fs::is_directory(path, error)) {
            files.push_back(path);
            continue;
        }
        std::vector<std::string> inside;
        fs::directory_iterator entry{path, error};
        for (; !error && entry != fs::directory_iterator{}; entry.increment(error)) {
            std::error_code ignored;
            const fs::path& found = entry->path();
            // Lock files and copies of editors and file managers: ".#agent.json", "._agent.json".
            const bool hidden = found.filename().native().starts_with('.');
            if (!hidden && found.extension() == ".json" && !entry->is_directory(ignored)) {
                inside.push_back(found.string());
            }
            if (inside.size() > kMaxConfigFiles) break;
        }
        if (error) {
            all.mistakes.push_back(cannot_read(path, error.message()));
            continue;
        }
        std::ranges::sort(inside);
        files.insert(files.end(), inside.begin(), inside.end());
        if (files.size() > kMaxConfigFiles) {
            all.mistakes.push_back(path + ": more than " + std::to_string(kMaxConfigFiles) +
                                   " files");
            files.resize(kMaxConfigFiles);
            break;
        }
    }
    return all;
}

}  // namespace rollcall::agent
