// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics/http_metrics.h"

#include <array>
#include <cstddef>
#include <string>

namespace rollcall::agent {
namespace {

using HttpStats = http::Stats;
using HttpRow = MetricRow<HttpStats>;
template <auto Member>
constexpr auto kHttpNumber = &number_of<HttpStats, Member>;

// clang-format off
constexpr std::array kHttpRows{
    HttpRow{"rollcall_http_accepted_total", "HTTP connections accepted.", "", "", kHttpNumber<&HttpStats::accepted>},
    HttpRow{"rollcall_http_requests_total", "HTTP requests that were complete.", "", "", kHttpNumber<&HttpStats::requests>},
    HttpRow{"rollcall_http_sent_bytes_total", "Bytes of HTTP bodies sent, after compression.", "", "", kHttpNumber<&HttpStats::bytes_sent>},
    HttpRow{"rollcall_http_turns_total", "Turns of HTTP work on the loop.", "", "", kHttpNumber<&HttpStats::turns>},
    HttpRow{"rollcall_http_turns_cut_total", "Such turns that ended by their budget, with work left.", "", "", kHttpNumber<&HttpStats::turns_cut>},
    HttpRow{"rollcall_http_events_lost_total", "Events that a stream's client read too late to get them.", "", "", kHttpNumber<&HttpStats::events_lost>},
};
// clang-format on

class ScrapeSource final : public http::Source {
public:
    explicit ScrapeSource(const Metrics& metrics) : scrape_{metrics.scrape()} {}
    [[nodiscard]] State append(std::string& to) override {
        const auto piece = scrape_.next();
        if (!piece) return State::ended;
        to += *piece;
        return State::more;
    }

private:
    Metrics::Scrape scrape_;
};

}  // namespace

void add_metrics(const http::Stats& stats, Families& families) {
    add_rows(kHttpRows, stats, families);
    for (std::size_t i = 1; i < stats.answers.size(); ++i) {
        families.counter("rollcall_http_answers_total", "HTTP answers, by class of their status.",
                         static_cast<double>(stats.answers[i]),
                         {{"status", std::to_string(i) + "xx"}});
    }
    for (std::size_t i = 0; i < stats.refused.size(); ++i) {
        families.counter(
            "rollcall_http_refused_total", "HTTP requests and connections refused, by cause.",
            static_cast<double>(stats.refused[i]), {{"cause", http::kRefusedNames[i]}});
    }
}

void add_metrics(const http::Load& load, Families& families) {
    families.gauge("rollcall_http_connections", "HTTP connections open.",
                   static_cast<double>(load.connections));
    families.gauge("rollcall_http_event_streams", "Of them, streams of events.",
                   static_cast<double>(load.event_streams));
}

std::unique_ptr<http::Source> scrape_source(const Metrics& metrics) {
    return std::make_unique<ScrapeSource>(metrics);
}

}  // namespace rollcall::agent
