// SPDX-License-Identifier: Apache-2.0
//
// `rollcall info`, and the commands without an agent: `keygen` and `version`.
#include <openssl/rand.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/rpc_session.h"
#include "cli/version.h"
#include "wire/base64.h"
#include "wire/key_text.h"

namespace rollcall::cli {

namespace {

struct InfoOptions {
    RpcFlags rpc;
};
struct KeygenOptions {
    std::string size = "32";
};

int run_info(const Context& context, const RpcFlags& flags) {
    if (auto bad = check_format(flags)) return fail(context, *bad);
    RpcClient client;
    if (auto bad = open_session(context, flags, client)) return fail(context, *bad, flags.json());
    const auto stats = client.ask<rpc::Stats>("stats");
    if (!stats) {
        return fail(context, describe("Error querying agent", stats.error()), flags.json());
    }
    return answer(context, flags.json() ? stats_json(*stats) : stats_text(*stats));
}

int run_keygen(const Context& context, const KeygenOptions& options) {
    constexpr std::array<std::string_view, 3> sizes{"16", "24", "32"};
    std::size_t size = 0;
    for (const std::string_view allowed : sizes) {
        if (options.size == allowed) size = static_cast<std::size_t>(std::stoul(options.size));
    }
    if (size == 0) {
        return fail(context, {"--size: '" + options.size + "' is not the size of a key",
                              "16, 24 or 32 bytes: AES-128, AES-192 or AES-256"});
    }
    std::array<std::byte, 32> key{};
    if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(size)) != 1) {
        return fail(context, {"Error generating random data: the system's source failed", ""});
    }
    const std::span made = std::span{key}.first(size);
    const int code = answer(context, wire::to_base64(made) + '\n');
    // On a terminal only: scripts get the key alone.
    if (code == kExitOk && context.terminal) {
        context.complain("fingerprint: " + wire::key_fingerprint(made) + '\n');
    }
    return code;
}

}  // namespace

Command info_command() {
    auto options = std::make_shared<InfoOptions>();
    Command command{
        .name = "info",
        .summary = "Prints figures of a running agent, for debugging",
        .description =
            "Prints an agent's name, tags, numbers of members, logical times, queue lengths and "
            "more.",
        .examples = {{"rollcall info", "All figures."},
                     {"rollcall info --format json | jq -r .serf.members",
                      "One figure, for a script."}},
        .run = [options](const Context& context) { return run_info(context, options->rpc); },
        .state = options};
    add_rpc_flags(command, options->rpc);
    return command;
}

Command keygen_command() {
    auto options = std::make_shared<KeygenOptions>();
    return {.name = "keygen",
            .summary = "Generates an encryption key",
            .description =
                "Prints a random key in base64, for --encrypt and keyring files. Needs no agent.",
            .flags = {{"size", "16|24|32", "Bytes of the key. Default: 32.", &options->size}},
            .examples = {{"rollcall keygen", "A key for AES-256."}},
            .run = [options](const Context& context) { return run_keygen(context, *options); },
            .state = options};
}

Command version_command() {
    return {.name = "version",
            .summary = "Prints the version",
            .description =
                "Prints the version of this program and the versions of Serf's protocol that it "
                "supports.",
            .run = [](const Context& context) { return answer(context, version_text()); }};
}

}  // namespace rollcall::cli
