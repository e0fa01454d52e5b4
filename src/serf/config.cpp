// SPDX-License-Identifier: Apache-2.0
#include "serf/config.h"

#include <string>

#include "serf/tags.h"
#include "wire/messages.h"

namespace rollcall::serf {
namespace {

std::string seconds_of(Duration duration) {
    std::string text = std::to_string(std::chrono::duration<double>(duration).count());
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text + "s";
}

}  // namespace

TimingSettings TimingSettings::of(const Config& config) {
    return {.membership = membership::TimingSettings::of(config.membership),
            .reconnect_interval = config.reconnect_interval,
            .reconnect_timeout = config.reconnect_timeout,
            .tombstone_timeout = config.tombstone_timeout};
}

void TimingSettings::put_into(Config& config) const {
    membership.put_into(config.membership);
    config.reconnect_interval = reconnect_interval;
    config.reconnect_timeout = reconnect_timeout;
    config.tombstone_timeout = tombstone_timeout;
}

std::optional<membership::ConfigError> Config::validate() const {
    const std::vector<membership::ConfigError> all = mistakes();
    if (all.empty()) return {};
    return all.front();
}

std::vector<membership::ConfigError> Config::mistakes() const {
    std::vector<membership::ConfigError> all = membership.mistakes();
    const auto meta = encode_tags(tags);
    if (!meta) {
        all.push_back({"tags", std::to_string(tags.size()) + " tags",
                       "at most " + std::to_string(wire::kMaxMeta) + " bytes when encoded"});
    } else if (all.empty()) {
        membership::Config tagged = membership;
        tagged.meta = *meta;
        all = tagged.mistakes();
    }

    struct Span {
        const char* field;
        Duration value;
        bool zero_allowed;
    };
    for (const Span& span : {Span{"reap_interval", reap_interval, false},
                             Span{"reconnect_interval", reconnect_interval, true},
                             Span{"reconnect_timeout", reconnect_timeout, true},
                             Span{"tombstone_timeout", tombstone_timeout, true},
                             Span{"recent_intent_timeout", recent_intent_timeout, true},
                             Span{"broadcast_timeout", broadcast_timeout, false},
                             Span{"leave_propagate_delay", leave_propagate_delay, true},
                             Span{"flap_timeout", flap_timeout, true}}) {
        if (span.value < Duration::zero() ||
            (span.value == Duration::zero() && !span.zero_allowed)) {
            all.push_back({span.field, seconds_of(span.value),
                           span.zero_allowed ? "0 or longer" : "longer than 0"});
        }
    }

    struct Count {
        const char* field;
        std::size_t value, least, most;
    };
    for (const Count& count :
         {Count{"event_buffer", event_buffer, 1, 65536},
          Count{"query_buffer", query_buffer, 1, 65536},
          Count{"max_queue_depth", max_queue_depth, 1, 1u << 24},
          Count{"min_queue_depth", min_queue_depth, 0, 1u << 24},
          Count{"max_recent_intents", max_recent_intents, 1, 1u << 24},
          Count{"user_event_size_limit", user_event_size_limit, 1, kMaxUserEventSize},
          Count{"query_size_limit", query_size_limit, 1, kMaxQuerySize},
          Count{"query_response_size_limit", query_response_size_limit, 1, kMaxQuerySize},
          Count{"query_timeout_mult", query_timeout_mult, 1, 65536},
          Count{"max_running_queries", max_running_queries, 1, 65536},
          Count{"max_open_queries", max_open_queries, 1, 1u << 20},
          Count{"max_buffered_bytes", max_buffered_bytes, 65536, 1u << 30}}) {
        if (count.value < count.least || count.value > count.most) {
            all.push_back({count.field, std::to_string(count.value),
                           std::to_string(count.least) + " to " + std::to_string(count.most)});
        }
    }
    return all;
}

}  // namespace rollcall::serf
