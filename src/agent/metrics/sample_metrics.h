// SPDX-License-Identifier: Apache-2.0
//
// A sample of the machine as metrics: totals, from which Prometheus makes rates. A figure that the
// host does not have has no series. Pure.
#pragma once

#include "agent/metrics/families.h"
#include "agent/samples/sample.h"
#include "agent/samples/sample_answers.h"
#include "agent/samples/sampler.h"
#include "base/time.h"

namespace rollcall::agent {

void add_metrics(const Sample& sample, Time now, Families& families);
void add_metrics(const Sampler::Stats& stats, Families& families);
void add_metrics(const SampleAnswers::Stats& stats, Families& families);

}  // namespace rollcall::agent
