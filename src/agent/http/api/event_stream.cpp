// SPDX-License-Identifier: Apache-2.0
#include "agent/http/api/event_stream.h"

#include <charconv>
#include <chrono>
#include <utility>

#include "agent/http/api/routes.h"

namespace rollcall::agent::http {
namespace {

constexpr std::size_t kRecordsPerStep = 256;  // looked at in one call

std::string number_text(std::uint64_t number) {
    return std::to_string(number);
}

std::optional<std::uint64_t> whole_number_of(std::string_view text) {
    std::uint64_t number = 0;
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || at != text.data() + text.size()) return {};
    return number;
}

}  // namespace

EventStream::EventStream(Parts parts) : parts_{std::move(parts)} {
    timer_.init(*this, parts_.loop);
}

EventStream::~EventStream() {
    if (subscription_ != 0) parts_.journal.unsubscribe(subscription_);
}

void EventStream::on_wake(const std::function<void()>& wake) {
    wake_ = wake;
    subscription_ = parts_.journal.subscribe([this] { wake_(); });
    timer_.start<&EventStream::quiet_for_long>(parts_.quiet);
}

void EventStream::quiet_for_long() {
    comment_due_ = true;
    timer_.start<&EventStream::quiet_for_long>(parts_.quiet);
    wake_();
}

bool EventStream::wants(const JournalRecord& record) const {
    return record.level >= parts_.least &&
           (parts_.member.empty() || record.member == parts_.member);
}

void EventStream::append_lag(std::string& to, std::uint64_t next) {
    const std::uint64_t from = parts_.after + 1;
    const std::uint64_t lost = next - from;
    if (parts_.stats != nullptr) parts_.stats->events_lost += lost;
    to += "event: lagged\ndata: {\"lost\":" + number_text(lost) + ",\"from\":" + number_text(from) +
          ",\"to\":" + number_text(next - 1) + "}\n\n";
}

Source::State EventStream::append(std::string& to) {
    if (!std::exchange(begun_, true)) {
        // So that a browser sees the stream open, and waits little before it connects again.
        to += "retry: 2000\n: events of this agent\n\n";
        if (parts_.restarted) {
            to += "event: restarted\ndata: {\"newest\":" + number_text(parts_.journal.newest()) +
                  "}\n\n";
        }
    }
    bool sent = false;
    for (std::size_t looked = 0; looked < kRecordsPerStep && to.size() < kSlice; ++looked) {
        const auto record = parts_.journal.after(parts_.after);
        if (!record) {
            if (sent) timer_.start<&EventStream::quiet_for_long>(parts_.quiet);
            if (std::exchange(comment_due_, false) && !sent) {
                // Also moves the client's position past what its filter leaves out.
                to += ": nothing new\nid: " + number_text(parts_.after) + "\n\n";
            }
            return State::waiting;
        }
        if (record->seq > parts_.after + 1) append_lag(to, record->seq);
        parts_.after = record->seq;
        if (!wants(*record)) continue;
        sent = true;
        to += "id: " + number_text(record->seq) + "\nevent: " + record->event +
              "\ndata: " + record->json + "\n\n";
    }
    return State::more;
}

void get_events(const Call& call) {
    Parameters parameters{call.request->target};
    Journal& journal = call.parts.control.journal();
    EventStream::Parts stream{.loop = call.parts.loop,
                              .journal = journal,
                              .stats = call.parts.stats,
                              .member = {},
                              .quiet = call.parts.limits.keep_alive_comment};
    const std::string level = parameters.text("level").value_or("info");
    if (const auto parsed = parse_level(level); parsed && *parsed >= Level::debug) {
        stream.least = *parsed;
    } else {
        parameters.mistake(not_allowed("level", level, "debug, info, warn or err"));
    }
    stream.member = parameters.text("member").value_or("");
    auto since = parameters.number("since", 0, UINT64_MAX);
    // A browser that connects again sends what it has, and the URL that it had.
    if (const std::string* const last = call.request->head.find("last-event-id")) {
        since = whole_number_of(*last);
        if (!since) parameters.mistake(not_allowed("Last-Event-ID", *last, "a number"));
    }
    if (has_problem(call, parameters)) return;
    stream.after = since.value_or(journal.newest());
    stream.restarted = stream.after > journal.newest();
    if (stream.restarted) stream.after = journal.oldest() - 1;
    call.reply({.type = "text/event-stream; charset=utf-8",
                .body = {},
                .stream = std::make_unique<EventStream>(std::move(stream)),
                .compress = false,
                .event_stream = true});
}

}  // namespace rollcall::agent::http
