// SPDX-License-Identifier: Apache-2.0
//
// The samples of a running agent: builds what takes and answers them, and connects it with the
// queries among agents and the metrics. The loop's thread.
#pragma once

#include <uv.h>

#include <functional>
#include <nlohmann/json_fwd.hpp>

#include "agent/config/config.h"
#include "agent/control/built_in_queries.h"
#include "agent/metrics/metrics.h"
#include "agent/samples/sample_answers.h"
#include "agent/samples/sampler.h"

namespace rollcall::agent {

class SampleSide {
public:
    struct Parts {
        uv_loop_t& loop;
        const Settings& settings;
        BuiltInQueries& queries;
        Metrics& metrics;
    };
    explicit SampleSide(const Parts& parts);

    void begin();
    void close(const std::function<void()>& closed);
    // For /v1/agent: agent/samples/sample_json.h.
    [[nodiscard]] nlohmann::ordered_json json() const;

private:
    void add_figures(Families& families) const;

    Sampler sampler_;
    SampleAnswers answers_;
};

}  // namespace rollcall::agent
