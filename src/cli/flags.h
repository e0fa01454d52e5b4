// SPDX-License-Identifier: Apache-2.0
//
// Normalises the spelling of flags. Serf's users write `-rpc-addr=x`, `-rpc-addr x`,
// `-replay=false`; others write `--rpc-addr`. All are accepted, anywhere before a lone `--`.
// Separates flags from positional arguments; does not convert values. Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/context.h"

namespace rollcall::cli {

struct FlagShape {
    std::string_view name;  // without dashes
    bool takes_value = true;
};

struct NormalArguments {
    // "--name" "value" for flags with a value (two items, which keeps empty values), and "--name"
    // or
    // "--name=true" for switches.
    std::vector<std::string> flags;
    std::vector<std::string> positionals;
    bool wants_help = false;  // -h, -help or --help came first
};

// Returns all errors in the order of the command line: unknown flags (with the nearest known one as
// a hint), a missing value, and values of switches other than true or false. A word after an
// unknown flag may be its value and is not checked.
[[nodiscard]] Result<NormalArguments, std::vector<Failure>> normalise(
    std::span<const std::string> arguments, std::span<const FlagShape> shapes);

}  // namespace rollcall::cli
