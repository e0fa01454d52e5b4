// SPDX-License-Identifier: Apache-2.0
//
// The spelling of flags. Serf's users write `-rpc-addr=x`, `-rpc-addr x`, `-replay=false`; others
// write `--rpc-addr`. All are taken, anywhere before a lone `--`. This turns what was typed into
// one spelling and keeps positional arguments apart; it converts nothing. Pure functions.
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
    // "--name" "value" for flags with a value (two items, so that an empty value stays one), and
    // "--name" or "--name=true" for switches.
    std::vector<std::string> flags;
    std::vector<std::string> positionals;
    bool wants_help = false;  // -h, -help or --help came first
};

// Fails for each flag that is not known (with the nearest known one as a hint), for one without its
// value, and for each value of a switch that is neither true nor false. All of them, in the order
// of the command line; a word behind an unknown flag may be its value, and is not judged.
[[nodiscard]] Result<NormalArguments, std::vector<Failure>> normalise(
    std::span<const std::string> arguments, std::span<const FlagShape> shapes);

}  // namespace rollcall::cli
