// SPDX-License-Identifier: Apache-2.0
//
// `rollcall tls`: a small authority in a folder, certificates from it, and what a certificate is.
// Needs no agent and no network.
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "agent/config/tls_files.h"
#include "agent/files/atomic_write.h"
#include "base/sanitize.h"
#include "cli/commands.h"
#include "cli/times.h"
#include "files/small_file.h"
#include "tls/authority.h"

namespace rollcall::cli {

namespace {

using std::chrono::days;
using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr int kMostDays = 36'500;
constexpr std::string_view kAuthorityDays = "3650", kIssuedDays = "365";
constexpr std::string_view kAuthorityName = "rollcall";

struct TlsOptions {
    std::string folder = ".", valid, name, format = "text";
    std::vector<std::string> hosts, arguments;
    bool renew = false, only_named = false;
    [[nodiscard]] bool json() const { return format == "json"; }
};

struct Files {
    fs::path certificate, key;
};
Files files_of(const TlsOptions& options, const std::string& name) {
    const fs::path folder{options.folder};
    return {.certificate = folder / (name + ".pem"), .key = folder / (name + "-key.pem")};
}

// It becomes the name of files.
bool is_file_name(const std::string& name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    return !name.empty() && name.size() <= tls::kLongestName && name.front() != '.' &&
           name != "ca" && std::ranges::all_of(name, allowed);
}

Result<days, Failure> days_of(const TlsOptions& options, std::string_view otherwise) {
    const std::string_view text = options.valid.empty() ? otherwise : options.valid;
    int count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error == std::errc{} && end == text.data() + text.size() && count >= 1 &&
        count <= kMostDays) {
        return days{count};
    }
    return Failure{"Error: --days: '" + sanitized(text) + "' is not allowed",
                   "allowed: 1 to " + std::to_string(kMostDays)};
}

Failure cannot(std::string_view what, const std::string& why, std::string hint = {}) {
    return Failure{"Error: " + std::string{what} + ": " + why, std::move(hint)};
}

// Both or neither, but for a failing disk: the key first, since without it nothing works.
std::optional<Failure> store(const Files& at, const tls::CertificateAndKey& made) {
    std::error_code ignored;
    fs::create_directories(at.key.parent_path(), ignored);
    if (auto error = agent::write_atomically(at.key.string(), made.key)) {
        return cannot("cannot store the key", *error);
    }
    if (auto error = agent::write_atomically(at.certificate.string(), made.certificate)) {
        return cannot("cannot store the certificate", *error);
    }
    ::chmod(at.certificate.c_str(), 0644);  // no secret
    return {};
}

std::optional<Failure> in_the_way(const Files& at, const std::string& hint) {
    for (const fs::path& path : {at.certificate, at.key}) {
        std::error_code ignored;
        if (fs::exists(path, ignored)) return cannot(path.string(), "it exists", hint);
    }
    return {};
}

int say_stored(const Context& context, const TlsOptions& options, const Files& at,
               const std::string& text) {
    if (!options.json()) return answer(context, text);
    const Json json{{"certificate", at.certificate.string()}, {"key", at.key.string()}};
    return answer(context, json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
}

// --- the actions ---------------------------------------------------------------------------------

int run_init(const Context& context, const TlsOptions& options) {
    const auto failed = [&](const Failure& failure) {
        return fail(context, failure, options.json());
    };
    const auto valid = days_of(options, kAuthorityDays);
    if (!valid) return failed(valid.error());
    const Files at = files_of(options, "ca");
    if (auto failure = in_the_way(
            at, "another authority would not vouch for the certificates of this one; give --dir")) {
        return failed(*failure);
    }
    const auto made = tls::make_authority(
        options.name.empty() ? std::string{kAuthorityName} : options.name, *valid);
    if (!made) return failed(cannot("cannot make an authority", made.error()));
    if (auto failure = store(at, *made)) return failed(*failure);
    return say_stored(context, options, at,
                      at.certificate.string() +
                          " is the authority: every agent and client gets it as --tls-ca.\n" +
                          at.key.string() +
                          " is its key: whoever has it can issue certificates. Keep it off the "
                          "agents' hosts.\n");
}

// Hosts by which an agent is reached from its own host, too.
std::vector<std::string> hosts_of(const TlsOptions& options, const std::string& name) {
    std::vector<std::string> hosts = options.hosts;
    if (options.only_named) return hosts;
    for (const std::string& own :
         {name, std::string{"localhost"}, std::string{"127.0.0.1"}, std::string{"::1"}}) {
        if (std::ranges::find(hosts, own) == hosts.end()) hosts.push_back(own);
    }
    return hosts;
}

int run_issue(const Context& context, const TlsOptions& options) {
    const auto failed = [&](const Failure& failure) {
        return fail(context, failure, options.json());
    };
    const std::string& name = options.arguments[1];
    if (!is_file_name(name)) {
        return failed(Failure{"Error: the name '" + sanitized(name) + "' is not allowed",
                              "allowed: letters, digits, '-', '_' and '.', not first, up to " +
                                  std::to_string(tls::kLongestName) + "; not ca"});
    }
    const auto valid = days_of(options, kIssuedDays);
    if (!valid) return failed(valid.error());
    const Files from = files_of(options, "ca");
    const Files at = files_of(options, name);
    if (auto failure = in_the_way(at, "--renew replaces it"); failure && !options.renew) {
        return failed(*failure);
    }
    const auto certificate = read_small_file(from.certificate.string(), agent::kMostPemBytes);
    const auto key = read_small_file(from.key.string(), agent::kMostPemBytes);
    for (const auto& [read, path] :
         {std::pair{&certificate, &from.certificate}, std::pair{&key, &from.key}}) {
        if (*read) continue;
        return failed(cannot(path->string(), read->error().text,
                             "'rollcall tls init' makes an authority; --dir is its folder"));
    }
    const auto made = tls::issue({.certificate = *certificate, .key = *key},
                                 {.name = name, .hosts = hosts_of(options, name), .valid = *valid});
    if (!made) return failed(cannot("cannot issue a certificate", made.error()));
    if (auto failure = store(at, *made)) return failed(*failure);
    return say_stored(context, options, at,
                      at.certificate.string() + " is the certificate of " + name + " for " +
                          std::to_string(valid->count()) + " days (--tls-cert).\n" +
                          at.key.string() + " is its key (--tls-key).\n");
}

std::int64_t microseconds_of(std::chrono::system_clock::time_point at) {
    return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

// Seconds are enough for what is valid for days.
std::string second_text(std::chrono::system_clock::time_point at) {
    const std::string text = utc_text(microseconds_of(at));
    return text.substr(0, text.find('.')) + (text.empty() ? "" : "Z");
}

std::string left_text(std::chrono::system_clock::time_point until) {
    const auto left = until - std::chrono::system_clock::now();
    if (left.count() <= 0) return "expired";
    const auto count = std::chrono::duration_cast<days>(left).count();
    return std::to_string(count) + (count == 1 ? " day left" : " days left");
}

int run_show(const Context& context, const TlsOptions& options) {
    const std::string& path = options.arguments[1];
    const auto text = read_small_file(path, agent::kMostPemBytes);
    if (!text) return fail(context, cannot(path, text.error().text), options.json());
    const auto all = tls::describe(*text);
    if (!all) return fail(context, cannot(path, all.error()), options.json());
    Json list = Json::array();
    std::string table;
    for (const tls::Description& one : *all) {
        list.push_back({{"subject", one.subject},
                        {"issuer", one.issuer},
                        {"authority", one.authority},
                        {"hosts", one.hosts},
                        {"key", one.key},
                        {"not_before", second_text(one.not_before)},
                        {"not_after", second_text(one.not_after)}});
        std::string hosts;
        for (const std::string& host : one.hosts) hosts += (hosts.empty() ? "" : ", ") + host;
        if (!table.empty()) table += '\n';
        table += "subject     " + sanitized(one.subject) +
                 (one.authority ? " (an authority)" : "") + "\nissued by   " +
                 sanitized(one.issuer) + "\nfor         " +
                 (hosts.empty() ? "no host" : sanitized(hosts)) + "\nkey         " + one.key +
                 "\nvalid       " + second_text(one.not_before) + " to " +
                 second_text(one.not_after) + ", " + left_text(one.not_after) + '\n';
    }
    if (!options.json()) return answer(context, table);
    return answer(context, list.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
}

int run_tls(const Context& context, const TlsOptions& options) {
    if (options.format != "text" && options.format != "json") {
        return fail(context,
                    Failure{"Error: invalid output format \"" + sanitized(options.format) + '"',
                            "--format is text or json"});
    }
    const std::string& action = options.arguments.front();
    const std::size_t wanted = action == "init" ? 1 : 2;
    if (action != "init" && action != "issue" && action != "show") {
        return fail(context,
                    Failure{"Error: no action '" + sanitized(action) + "'",
                            "one of init, issue NAME, show FILE"},
                    options.json());
    }
    if (options.arguments.size() != wanted) {
        return fail(context,
                    Failure{"Error: 'tls " + action + "' takes " +
                                (wanted == 1 ? "no argument" : "one argument"),
                            "init, issue NAME or show FILE"},
                    options.json());
    }
    if (action == "init") return run_init(context, options);
    return action == "issue" ? run_issue(context, options) : run_show(context, options);
}

}  // namespace

Command tls_command() {
    auto options = std::make_shared<TlsOptions>();
    return {
        .name = "tls",
        .summary = "Makes certificates for the control port and HTTP",
        .arguments = "init|issue|show [NAME|FILE]",
        .description =
            "For clusters without a certificate authority of their own. 'init' makes an authority "
            "in a folder: ca.pem, and ca-key.pem, which stays secret. 'issue NAME' makes NAME.pem "
            "and NAME-key.pem for an agent or a client. 'show FILE' says whom a certificate is "
            "for and how long it is valid. Agents get --tls-cert, --tls-key and --tls-ca, and "
            "addresses that begin with tls:; commands get --tls-ca, and where agents verify "
            "their clients the other two as well.",
        .flags = {{"dir", "DIR", "The authority's folder. Default: this one.", &options->folder},
                  {"host", "NAME",
                   "With issue: a host name or address by which clients reach it. May be given "
                   "several times. NAME, localhost, 127.0.0.1 and ::1 are always among them.",
                   &options->hosts},
                  {"only-named", "", "With issue: only the hosts given with --host.",
                   &options->only_named},
                  {"days", "N",
                   "Days of validity: 1 to 36500. Default: 3650 with init, 365 with issue.",
                   &options->valid},
                  {"renew", "", "With issue: replace the certificate and the key.",
                   &options->renew},
                  {"name", "NAME", "With init: name of the authority. Default: rollcall.",
                   &options->name},
                  {"format", "text|json", "Output format. Default: text.", &options->format}},
        .examples = {{"rollcall tls init --dir ca", "Makes an authority."},
                     {"rollcall tls issue web-1 --dir ca --host 10.0.0.5",
                      "Makes a certificate for the agent at this address."},
                     {"rollcall tls show ca/web-1.pem", "Says how long it is valid."}},
        .positionals = &options->arguments,
        .min_positionals = 1,
        .max_positionals = 2,
        .missing = "Error: no action is given: init, issue NAME or show FILE",
        .run = [options](const Context& context) { return run_tls(context, *options); },
        .json_errors = [options] { return options->json(); },
        .state = options};
}

}  // namespace rollcall::cli
