// SPDX-License-Identifier: Apache-2.0
#include "agent/sample_side.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "agent/control/why_answer.h"
#include "agent/metrics/sample_metrics.h"
#include "agent/samples/host_reader.h"
#include "agent/samples/sample_json.h"
#include "transport/clock.h"

namespace rollcall::agent {
namespace {

// Shared with the read that runs, which may outlive the agent.
std::function<Sample()> reads_of(const std::string& root) {
    return [reader = std::make_shared<HostReader>(root)] { return reader->read(); };
}

}  // namespace

SampleSide::SampleSide(const Parts& parts)
    : sampler_{{.loop = parts.loop,
                .interval = parts.settings.sample_interval,
                .read = reads_of(parts.settings.sample_root)}},
      answers_{{.loop = parts.loop,
                .sampler = sampler_,
                .name = parts.settings.serf.membership.name,
                .room = why_answer_room(parts.settings.serf.query_response_size_limit,
                                        parts.settings.serf.membership.name)}} {
    parts.queries.add_slow(
        std::string{kSampleQuery},
        [this](const serf::BuiltInQueryReceived& query, BuiltInQueries::Reply reply) {
            answers_.asked(query, std::move(reply));
        });
    parts.metrics.add_source([this](Families& families) { add_figures(families); });
}

void SampleSide::begin() {
    answers_.begin();
    sampler_.begin();
}

void SampleSide::close(const std::function<void()>& closed) {
    answers_.close([this, closed] { sampler_.close(closed); });
}

nlohmann::ordered_json SampleSide::json() const {
    return sample_json(sampler_, transport::clock_now());
}

void SampleSide::add_figures(Families& families) const {
    const Time now = transport::clock_now();
    add_metrics(sampler_.stats(), families);
    add_metrics(answers_.stats(), families);
    families.gauge("rollcall_sample_read_seconds",
                   "How long the read of a sample that has not ended takes so far.",
                   in_seconds(sampler_.reading_for()));
    if (const Sample* const sample = sampler_.latest(now)) add_metrics(*sample, now, families);
}

}  // namespace rollcall::agent
