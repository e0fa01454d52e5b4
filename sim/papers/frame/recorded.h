// SPDX-License-Identifier: Apache-2.0
//
// The reviewed results of the rows: verdict, day and explanation. A row that is recorded as
// reproduced and no longer is makes the command fail; one that is not reproduced has the best known
// explanation.
#pragma once

#include <string_view>

namespace rollcall::sim::papers {

struct Recorded {
    std::string_view id;
    bool reproduced = false;
    std::string_view day;  // ISO 8601, of the reviewed run
    std::string_view why;  // the explanation if not reproduced, else a remark
};

// nullptr: the row has not been reviewed.
[[nodiscard]] const Recorded* recorded(std::string_view row);

}  // namespace rollcall::sim::papers
