// SPDX-License-Identifier: Apache-2.0
//
// The table of rows as text for a terminal, and as the Markdown of docs/papers.md.
#pragma once

#include <string>
#include <vector>

#include "sim/papers/frame/experiment.h"
#include "sim/papers/frame/recorded.h"
#include "sim/papers/frame/row.h"

namespace rollcall::sim::papers {

struct RowOutcome {
    const Row* row = nullptr;
    std::vector<Figure> figures;
    std::string table = {};  // Row::table
    bool reproduced = false;
    const Recorded* recorded = nullptr;  // the last reviewed result; may be nullptr
    // It was reproduced before, and is not now.
    [[nodiscard]] bool regressed() const {
        return recorded != nullptr && recorded->reproduced && !reproduced;
    }
    // Fewer runs judge fewer figures: the reviewed result of more runs has precedence.
    [[nodiscard]] bool in_part() const {
        return recorded != nullptr && !recorded->reproduced && reproduced;
    }
};

[[nodiscard]] std::vector<RowOutcome> judge(const std::vector<const Row*>& rows, const Scale& scale,
                                            const Results& results);
[[nodiscard]] std::string as_text(const std::vector<RowOutcome>& outcomes);
// The whole of docs/papers.md; of rows that are not published, the tables of docs/detection.md.
[[nodiscard]] std::string as_markdown(const std::vector<RowOutcome>& outcomes, const Scale& scale);

}  // namespace rollcall::sim::papers
