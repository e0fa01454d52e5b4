// SPDX-License-Identifier: Apache-2.0
#include "agent/session/subscriptions.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace rollcall::agent {

Subscriptions::~Subscriptions() {
    if (monitor_) client_.log.unsubscribe(monitor_->subscription);
}

std::string Subscriptions::add_stream(std::uint64_t seq, EventFilter filter) {
    if (std::ranges::any_of(streams_, [&](const Stream& s) { return s.outlet.seq() == seq; })) {
        return "Stream with given sequence exists";
    }
    const std::size_t most = client_.limits.streams_per_client;
    if (streams_.size() >= most) {
        return "Too many streams: at most " + std::to_string(most) + " per connection";
    }
    streams_.push_back({Outlet{client_, seq, client_.limits.stream_records}, std::move(filter)});
    return {};
}

void Subscriptions::start_monitor(std::uint64_t seq, Level level) {
    monitor_.emplace(Monitor{Outlet{client_, seq, client_.limits.stream_records}});
    for (const LogLine& line : client_.log.recent()) {
        if (line.level >= level) push_line(line);
    }
    monitor_->subscription = client_.log.subscribe(level, [this](const LogLine& line) {
        push_line(line);
        client_.wake();
    });
}

void Subscriptions::push_line(const LogLine& line) {
    monitor_->outlet.push(
        std::make_shared<const std::string>(rpc::encode(rpc::LogRecord{.log = line.text})));
}

void Subscriptions::stop(std::uint64_t seq) {
    std::erase_if(streams_, [&](const Stream& s) { return s.outlet.seq() == seq; });
    if (monitor_ && monitor_->outlet.seq() == seq) {
        client_.log.unsubscribe(monitor_->subscription);
        monitor_.reset();
    }
    if (journal_ && journal_->seq() == seq) journal_.reset();
}

bool Subscriptions::write(std::string& out) {
    if (monitor_ && monitor_->outlet.write(out)) return true;
    if (std::ranges::any_of(streams_, [&](Stream& s) { return s.outlet.write(out); })) return true;
    return journal_ && journal_->write(out);
}

}  // namespace rollcall::agent
