// SPDX-License-Identifier: Apache-2.0
//
// Why a join reached none of its seeds, seed by seed, and the two ways to say so: ours, on one line
// for logs and on one per seed for people, and Serf's, which its clients show. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.h"

namespace rollcall::agent {

struct JoinError {
    std::string seed;                 // as the operator gave it, with its port
    std::optional<Endpoint> address;  // that was tried; none when the name could not be resolved
    std::string cause;
    std::string host = {};  // that could not be resolved
};
using JoinErrors = std::vector<JoinError>;

// "db1:7946 (10.0.0.1:7946): connection refused"; the address only where the seed does not say it.
[[nodiscard]] std::string to_text(const JoinError& error);
// All of them with "; " between.
[[nodiscard]] std::string on_one_line(const JoinErrors& errors);

// Serf's form: "1 error occurred:\n\t* Failed to join 10.0.0.1: ...\n\n"; "" for none.
[[nodiscard]] std::string as_serf_says(const JoinErrors& errors);

// What an operator should compare when a peer hangs up; "" when that is not the cause.
[[nodiscard]] std::string advice_on(const JoinErrors& errors);

}  // namespace rollcall::agent
