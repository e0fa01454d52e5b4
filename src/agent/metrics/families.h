// SPDX-License-Identifier: Apache-2.0
//
// Builds metric families for Prometheus from plain figures. The first sample of a family brings its
// help text; further ones follow it directly, or have an empty help text. Names follow Prometheus'
// rules: base units, counters end in _total. No state beyond what was added.
#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/duration_counts.h"
#include "base/time.h"

namespace rollcall::agent {

[[nodiscard]] inline double in_seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

class Families {
public:
    struct Label {
        std::string_view name;
        std::string_view value;
    };
    using Labels = std::vector<Label>;

    void counter(std::string_view name, std::string_view help, double value,
                 const Labels& labels = {}) {
        add(name, help, prometheus::MetricType::Counter, labels).counter.value = value;
    }
    void gauge(std::string_view name, std::string_view help, double value,
               const Labels& labels = {}) {
        add(name, help, prometheus::MetricType::Gauge, labels).gauge.value = value;
    }
    // By the name: a counter if it ends in _total.
    void number(std::string_view name, std::string_view help, double value,
                const Labels& labels = {}) {
        name.ends_with("_total") ? counter(name, help, value, labels)
                                 : gauge(name, help, value, labels);
    }
    template <class Bound, std::size_t N>
    void histogram(std::string_view name, std::string_view help, const DurationCounts<N>& counts,
                   const std::array<Bound, N>& bounds) {
        auto& histogram = add(name, help, prometheus::MetricType::Histogram, {}).histogram;
        std::uint64_t below = 0;
        for (std::size_t i = 0; i < N; ++i) {
            below += counts.counts[i];
            histogram.bucket.push_back(
                {.cumulative_count = below, .upper_bound = in_seconds(bounds[i])});
        }
        histogram.sample_count = counts.number();
        histogram.sample_sum = static_cast<double>(counts.total_ns) / 1e9;
    }

    [[nodiscard]] std::vector<prometheus::MetricFamily> take() { return std::move(families_); }

private:
    prometheus::ClientMetric& add(std::string_view name, std::string_view help,
                                  prometheus::MetricType type, const Labels& labels) {
        prometheus::ClientMetric& metric = family(name, help, type).metric.emplace_back();
        for (const Label& label : labels) {
            metric.label.push_back({std::string{label.name}, std::string{label.value}});
        }
        return metric;
    }

    prometheus::MetricFamily& family(std::string_view name, std::string_view help,
                                     prometheus::MetricType type) {
        for (std::size_t i = families_.size(); i > 0; --i) {  // almost always the last one
            if (families_[i - 1].name == name) return families_[i - 1];
            if (!help.empty()) break;
        }
        ROLLCALL_CHECK(!help.empty());
        prometheus::MetricFamily& added = families_.emplace_back();
        added.name = name;
        added.help = help;
        added.type = type;
        return added;
    }

    std::vector<prometheus::MetricFamily> families_;
};

// One number of a struct of counters, and how it is exported. Rows of one name stand together; the
// first has the help text, and each has its own value of the label.
template <class Stats>
struct MetricRow {
    std::string_view name, help, label, value;
    double (*read)(const Stats&);
};

template <class Stats, auto Member>
double number_of(const Stats& stats) {
    return static_cast<double>(stats.*Member);
}

template <class Stats, std::size_t N>
void add_rows(const std::array<MetricRow<Stats>, N>& rows, const Stats& stats, Families& families) {
    for (const MetricRow<Stats>& row : rows) {
        families.number(
            row.name, row.help, row.read(stats),
            row.label.empty() ? Families::Labels{} : Families::Labels{{row.label, row.value}});
    }
}

}  // namespace rollcall::agent
