// SPDX-License-Identifier: Apache-2.0
//
// Metrics and the HTTP side: its counters as metrics, and the answer to GET /metrics as a source
// that writes a scrape piece by piece. The loop's thread.
#pragma once

#include <memory>

#include "agent/http/answer.h"
#include "agent/http/stats.h"
#include "agent/metrics/families.h"
#include "agent/metrics/metrics.h"

namespace rollcall::agent {

void add_metrics(const http::Stats& stats, Families& families);
void add_metrics(const http::Load& load, Families& families);

// One scrape. It must not outlive the metrics.
[[nodiscard]] std::unique_ptr<http::Source> scrape_source(const Metrics& metrics);

}  // namespace rollcall::agent
