// SPDX-License-Identifier: Apache-2.0
#include "agent/session/journal_stream.h"

#include <algorithm>
#include <utility>

#include "rpc/messages.h"

namespace rollcall::agent {
namespace {

// Looked at before the loop goes on, if the client's filter leaves them out.
constexpr std::size_t kRecordsPerLook = 256;

std::string number_field(std::string_view key, std::uint64_t value) {
    return ",\"" + std::string{key} + "\":" + std::to_string(value);
}

}  // namespace

JournalStream::JournalStream(RpcClient& client, std::uint64_t seq, Wanted wanted)
    : client_{client}, seq_{seq}, wanted_{std::move(wanted)} {
    Journal& journal = client_.control.journal();
    if (wanted_.last > 0) {
        const std::uint64_t there = journal.newest() + 1 - journal.oldest();
        read_ = journal.newest() - std::min(there, wanted_.last);
    } else if (wanted_.since <= journal.newest()) {
        read_ = wanted_.since;
    } else {
        restarted_ = true;  // the number is of an earlier life of this agent: all is new
    }
    if (wanted_.level < Level::debug) {
        trace_ = client_.log.subscribe(wanted_.level, [](const LogLine&) {});
    }
    subscription_ = journal.subscribe([this] {
        if (client_.wake_soon) client_.wake_soon();
    });
}

JournalStream::~JournalStream() {
    if (trace_ != 0) client_.log.unsubscribe(trace_);
    client_.control.journal().unsubscribe(subscription_);
}

bool JournalStream::wants(const JournalRecord& record) const {
    return record.level >= wanted_.level &&
           (wanted_.member.empty() || record.member == wanted_.member);
}

bool JournalStream::write(std::string& out) {
    Journal& journal = client_.control.journal();
    if (std::exchange(restarted_, false)) {
        append(out, "{\"event\":\"restarted\"" + number_field("newest", journal.newest()) + "}");
        return true;
    }
    for (std::size_t looked = 0;; ++looked) {
        const Journal::Record record = journal.after(read_);
        if (!record) return false;
        if (looked == kRecordsPerLook) {
            if (client_.wake_soon) client_.wake_soon();
            return false;
        }
        if (record->seq > read_ + 1) {
            const std::uint64_t lost = record->seq - read_ - 1;
            client_.stats.records_dropped += lost;
            append(out, "{\"event\":\"lagged\"" + number_field("lost", lost) +
                            number_field("from", read_ + 1) + number_field("to", record->seq - 1) +
                            "}");
            read_ = record->seq - 1;
            return true;
        }
        read_ = record->seq;
        if (!wants(*record)) continue;
        append(out, record->json);
        return true;
    }
}

void JournalStream::append(std::string& out, const std::string& json) {
    rpc::append(out, rpc::ResponseHeader{.seq = seq_});
    rpc::append(out, rpc::JournalLine{.record = json});
    ++client_.stats.records_sent;
}

}  // namespace rollcall::agent
