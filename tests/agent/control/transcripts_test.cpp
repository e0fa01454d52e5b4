// SPDX-License-Identifier: Apache-2.0
//
// Everything that was recorded of Serf's control protocol: conversations are held again with our
// server (rpc_replay.h), single objects are read and written again. A line of numbers per file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "agent/control/rpc_recordings.h"
#include "agent/control/rpc_replay.h"
#include "agent/control/rpc_world.h"
#include "rpc/reader.h"

namespace rollcall::agent::tests {
namespace {

using testing::IsEmpty;

Json json_of(std::string_view bytes) {
    rpc::ObjectReader reader{rpc::kClientLimits};
    reader.feed(bytes);
    if (reader.next() != rpc::ObjectReader::Status::object) return "not an object";
    return to_json(reader.object());
}

// Read as a message of ours and written again.
template <class Message>
std::string encoded_again(std::string_view bytes) {
    rpc::ObjectReader reader{rpc::kClientLimits};
    reader.feed(bytes);
    if (reader.next() != rpc::ObjectReader::Status::object) return "not an object";
    const auto message = rpc::decode<Message>(reader.object());
    if (!message) return "not understood: " + std::string{message.error().name};
    return rpc::encode(*message);
}
template <class Message>
Json written_again(std::string_view bytes) {
    return json_of(encoded_again<Message>(bytes));
}

// By the keys that only one message has; an object of no message is only read.
Json ours_of(std::string_view bytes, const Json& meant) {
    if (meant.contains("Error") && meant.contains("Seq"))
        return written_again<rpc::ResponseHeader>(bytes);
    if (meant.contains("NumResp")) return written_again<rpc::KeysResponse>(bytes);
    if (meant.contains("Num")) return written_again<rpc::JoinResponse>(bytes);
    if (meant.contains("RelayFactor")) return written_again<rpc::QueryRequest>(bytes);
    if (meant.contains("Addr")) return written_again<rpc::Member>(bytes);
    return json_of(bytes);
}

// Newer Serfs leave fields out, and write nil for what is empty.
void expect_read_as_meant(const Json& entry) {
    const auto bytes = rollcall::tests::from_hex(entry["hex"].get<std::string>());
    const Json ours = ours_of(as_text(bytes), entry["decoded"]);
    ASSERT_TRUE(ours.is_object()) << ours;
    for (const auto& [key, meant] : entry["decoded"].items()) {
        ASSERT_TRUE(ours.contains(key)) << key;
        const bool raw = meant.is_object() && meant.contains("$raw");
        const Json expected = raw ? Json{{"$bin", meant["$raw"]}} : meant;
        EXPECT_TRUE(ours[key] == expected || (expected.is_null() && ours[key].empty()))
            << key << ": " << ours[key] << " instead of " << expected;
    }
}

struct Tally {
    std::size_t hold = 0, differ = 0, silent = 0, encodings = 0;
    [[nodiscard]] std::size_t conversations() const { return hold + differ + silent; }
};

void play_again(const Json& entry, Tally& tally) {
    const Conversation said = conversation_of(entry);
    if (said.lines.empty()) {
        ++tally.silent;
        return;
    }
    const Replayed ours = replay(said);
    EXPECT_THAT(ours.mismatches, IsEmpty());
    if (!ours.mismatches.empty()) return;
    ++(ours.on_purpose.empty() ? tally.hold : tally.differ);
}

// What is silent is a command line that ends before it asks the agent: cli_test runs those, and
// all other command lines, with our program. What differs, rpc_differences_test.cpp has by name.
TEST(RpcTranscripts, EveryEntryMeansWithOursWhatItMeantWithSerf) {
    for (const auto& file : rpc_files()) {
        Tally tally;
        for (const Json& entry : file.entries) {
            SCOPED_TRACE(file.name + ": " + entry["name"].get<std::string>());
            if (is_conversation(entry)) {
                play_again(entry, tally);
            } else {
                expect_read_as_meant(entry);
                ++tally.encodings;
            }
        }
        std::printf(
            "%s: %zu entries: %zu transcripts (%zu hold, %zu differ on purpose, each in a test of "
            "its own, %zu ask the agent nothing), %zu encodings\n",
            file.name.c_str(), file.entries.size(), tally.conversations(), tally.hold, tally.differ,
            tally.silent, tally.encodings);
        EXPECT_EQ(tally.conversations() + tally.encodings, file.entries.size());
    }
}

// The records of a stream as Serf wrote them.
TEST(RpcTranscripts, MemberEventsEqualSerfsByteForByte) {
    std::size_t compared = 0;
    for (const auto& file : rpc_files()) {
        for (const Json& entry : file.entries) {
            if (!is_conversation(entry)) continue;
            for (const Json& line : entry["transcript"]) {
                const Json& object = line["decoded"];
                if (from_client(line) || !object.contains("Event") || !object.contains("Members") ||
                    object["Members"].size() != 1 || object["Members"][0]["Tags"].size() > 1) {
                    continue;  // Serf's maps have no order
                }
                const auto record = record_of(object["Members"][0]);
                const std::string ours = rpc::encode(
                    rpc::MemberEventRecord{.event = object["Event"], .members = {to_rpc(record)}});
                EXPECT_EQ(rollcall::tests::to_hex(as_bytes(ours)), line["hex"])
                    << entry["name"] << object;
                ++compared;
            }
        }
    }
    EXPECT_GE(compared, 3u);
}

// Whole numbers are no integers there.
TEST(RpcTranscripts, CoordinatesEqualSerfsByteForByte) {
    std::size_t compared = 0;
    for (const auto& file : rpc_files()) {
        for (const Json& entry : file.entries) {
            if (!is_conversation(entry)) continue;
            for (const Json& line : entry["transcript"]) {
                if (!line["decoded"].contains("Coord")) continue;
                const auto bytes = rollcall::tests::from_hex(line["hex"].get<std::string>());
                EXPECT_EQ(encoded_again<rpc::GetCoordinateResponse>(as_text(bytes)), as_text(bytes))
                    << entry["name"] << line["decoded"];
                ++compared;
            }
        }
    }
    EXPECT_GE(compared, 3u);
}

}  // namespace
}  // namespace rollcall::agent::tests
