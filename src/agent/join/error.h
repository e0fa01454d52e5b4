// SPDX-License-Identifier: Apache-2.0
//
// Why a join reached none of its seeds, for each seed, and its two texts: ours, on one line for
// logs, and Serf's, which its clients show. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.h"

namespace rollcall::agent {

struct JoinError {
    std::string seed;                 // as given by the operator, with its port
    std::optional<Endpoint> address;  // contacted address; none if the name did not resolve
    std::string cause;
    std::string host = {};  // host name that did not resolve
};
using JoinErrors = std::vector<JoinError>;

// "db1:7946 (10.0.0.1:7946): connection refused"; the address only if the seed does not contain it.
[[nodiscard]] std::string to_text(const JoinError& error);
// All of them, separated by "; ".
[[nodiscard]] std::string on_one_line(const JoinErrors& errors);

// Serf's form: "1 error occurred:\n\t* Failed to join 10.0.0.1: ...\n\n"; "" for none.
[[nodiscard]] std::string serf_error_text(const JoinErrors& errors);

// What an operator should compare when the label or key may differ; "" for other causes.
[[nodiscard]] std::string advice_for(const JoinErrors& errors);

}  // namespace rollcall::agent
