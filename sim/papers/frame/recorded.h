// SPDX-License-Identifier: Apache-2.0
//
// What came out when the rows were last looked at by people: verdict, day and explanation. A row
// that is recorded as reproduced and no longer is makes the command fail; one that is not keeps its
// figures and the best explanation we have.
#pragma once

#include <string_view>

namespace rollcall::sim::papers {

struct Recorded {
    std::string_view id;
    bool reproduced = false;
    std::string_view day;  // ISO 8601, of the run that was looked at
    std::string_view why;  // the explanation where it is not, or what to know where it is
};

// nullptr: nobody has looked at that row yet.
[[nodiscard]] const Recorded* recorded(std::string_view row);

}  // namespace rollcall::sim::papers
