// SPDX-License-Identifier: Apache-2.0
//
// Most experiments have a few cells (sizes, loss rates) with many repetitions each. Job number =
// cell x batches + batch.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "sim/papers/frame/experiment.h"

namespace rollcall::sim::papers {

struct Batches {
    std::size_t cells = 1;
    std::size_t batches = 1;  // of each cell

    [[nodiscard]] std::size_t jobs() const { return cells * batches; }
    [[nodiscard]] std::size_t cell_of(std::size_t job) const { return job / batches; }

    // The measurements of one cell, by batch; jobs that were not run are left out.
    [[nodiscard]] std::vector<const Measurement*> of(const Results& results, std::string_view id,
                                                     std::size_t cell) const {
        const auto found = results.find(id);
        ROLLCALL_CHECK(found != results.end() && found->second.size() == jobs());
        std::vector<const Measurement*> mine;
        for (std::size_t b = 0; b < batches; ++b) {
            const Measurement& m = found->second[cell * batches + b];
            if (!m.empty()) mine.push_back(&m);
        }
        ROLLCALL_CHECK(!mine.empty());
        return mine;
    }
    // The n-th number of each batch.
    [[nodiscard]] std::vector<double> column(const Results& results, std::string_view id,
                                             std::size_t cell, std::size_t n) const {
        std::vector<double> values;
        for (const Measurement* m : of(results, id, cell)) values.push_back(m->at(n));
        return values;
    }
    // All numbers of the cell.
    [[nodiscard]] std::vector<double> pooled(const Results& results, std::string_view id,
                                             std::size_t cell) const {
        std::vector<double> values;
        for (const Measurement* m : of(results, id, cell)) {
            values.insert(values.end(), m->begin(), m->end());
        }
        return values;
    }
};

}  // namespace rollcall::sim::papers
