// SPDX-License-Identifier: Apache-2.0
#include "rpc/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <msgpack.hpp>

#include "cli/recordings.h"
#include "rpc/reader.h"

namespace rollcall::agent::rpc {
namespace {

using cli::testing::Recording;
using cli::testing::recording;
using cli::testing::Step;
using namespace std::string_literals;

template <class Message>
Result<Message, BadField> decode_bytes(const std::string& bytes) {
    ObjectReader reader{kClientLimits};
    reader.feed(bytes);
    EXPECT_EQ(reader.next(), ObjectReader::Status::object) << ::testing::PrintToString(bytes);
    return decode<Message>(reader.object());
}

// Packs a body by hand, in forms that we would never write.
std::string packed(const std::function<void(msgpack::packer<msgpack::sbuffer>&)>& write) {
    msgpack::sbuffer buffer;
    msgpack::packer<msgpack::sbuffer> packer{buffer};
    write(packer);
    return {buffer.data(), buffer.size()};
}

template <class Message>
void expect_same_bytes_again(const std::string& bytes, const std::string& where) {
    const auto message = decode_bytes<Message>(bytes);
    ASSERT_TRUE(message) << where;
    EXPECT_EQ(encode(*message), bytes) << where;
}

TEST(RpcMessages, WhatSerfsClientSentIsWhatWeWouldSend) {
    std::size_t checked = 0;
    for (const Recording& r : cli::testing::recordings()) {
        if (r.argv.empty()) continue;  // those written by hand take liberties
        std::string command;
        for (const Step& step : r.steps) {
            if (!step.from_client) continue;
            ++checked;
            if (command.empty()) {
                const auto header = decode_bytes<RequestHeader>(step.bytes);
                ASSERT_TRUE(header) << r.name;
                EXPECT_EQ(encode(*header), step.bytes) << r.name;
                command = header->command;
                if (command == "stats" || command == "leave" || command == "list-keys" ||
                    command == "members") {
                    command.clear();
                }
                continue;
            }
            if (command == "handshake") {
                expect_same_bytes_again<HandshakeRequest>(step.bytes, r.name);
            } else if (command == "auth") {
                expect_same_bytes_again<AuthRequest>(step.bytes, r.name);
            } else if (command == "join") {
                expect_same_bytes_again<JoinRequest>(step.bytes, r.name);
            } else if (command == "members-filtered") {
                expect_same_bytes_again<MembersFilteredRequest>(step.bytes, r.name);
            } else if (command == "force-leave") {
                expect_same_bytes_again<ForceLeaveRequest>(step.bytes, r.name);
            } else if (command == "stream") {
                expect_same_bytes_again<StreamRequest>(step.bytes, r.name);
            } else if (command == "monitor") {
                expect_same_bytes_again<MonitorRequest>(step.bytes, r.name);
            } else if (command == "stop") {
                expect_same_bytes_again<StopRequest>(step.bytes, r.name);
            } else {
                --checked;  // bodies of commands that are not ours yet
            }
            command.clear();
        }
    }
    EXPECT_GT(checked, 250u);
}

TEST(RpcMessages, WhatSerfsAgentAnsweredIsUnderstoodWhole) {
    const auto answer =
        decode_bytes<MembersResponse>(cli::testing::agent_object(recording("members-tag"), 2));
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->members.size(), 2u);
    const Member& a = answer->members[0];
    EXPECT_EQ(a.name, "a");
    EXPECT_EQ(a.addr.bytes().size(), 4u);
    EXPECT_EQ(a.addr.to_string(), "127.0.0.1");
    EXPECT_EQ(a.port, 27946);
    EXPECT_EQ(a.tags, (StringMap{{"dc", "east"}, {"role", "web"}}));
    EXPECT_EQ(a.status, "alive");
    EXPECT_EQ(a.protocol_min, 1);
    EXPECT_EQ(a.protocol_max, 5);
    EXPECT_EQ(a.protocol_cur, 2);
    EXPECT_EQ(a.delegate_min, 2);
    EXPECT_EQ(a.delegate_max, 5);
    EXPECT_EQ(a.delegate_cur, 5);
    // With one tag at most there is one order only.
    const std::string one = cli::testing::agent_object(recording("members-none-json"), 2);
    EXPECT_EQ(encode(*decode_bytes<MembersResponse>(one)), one);
    EXPECT_EQ(encode(MembersResponse{}), "\x81\xa7Members\x90");

    const auto stats = decode_bytes<Stats>(cli::testing::agent_object(recording("info"), 2));
    ASSERT_TRUE(stats);
    EXPECT_EQ(stats->at("serf").at("members"), "3");
    EXPECT_TRUE(stats->at("event_handlers").empty());
}

TEST(RpcMessages, BytesAreAsSerfWritesThem) {
    EXPECT_EQ(encode(ResponseHeader{.error = "", .seq = 1}),
              "\x82\xa5"
              "Error\xa0\xa3Seq\x01");
    EXPECT_EQ(encode(ResponseHeader{.error = "", .seq = ~std::uint64_t{0}}),
              "\x82\xa5"
              "Error\xa0\xa3Seq\xcf\xff\xff\xff\xff\xff\xff\xff\xff");
    EXPECT_EQ(encode(JoinResponse{.num = 200}), "\x81\xa3Num\xcc\xc8");
    // A medium string is str 8; bytes are bin; keys ascend: "Name" before "Status" before "Tags".
    const std::string text(40, 'p');
    EXPECT_EQ(encode(LogRecord{.log = text}), "\x81\xa3Log\xd9\x28" + text);
    EXPECT_EQ(encode(MembersFilteredRequest{.tags = {{"k", "v"}}, .status = "s", .name = "n"}),
              "\x83\xa4Name\xa1n\xa6Status\xa1s\xa4Tags\x81\xa1k\xa1v");
    const std::string member = encode(Member{.addr = WireAddress::v4(127, 0, 0, 1)});
    EXPECT_EQ(member.substr(0, 12),
              "\x8b\xa4"
              "Addr\xc4\x04\x7f\x00\x00\x01"s);
    EXPECT_THAT(member, ::testing::HasSubstr("\xa4Tags\x80"));  // empty, never nil
    EXPECT_THAT(encode(UserEventRecord{}), ::testing::HasSubstr("\xa7Payload\xc0"));
    EXPECT_THAT(encode(UserEventRecord{.payload = std::vector<std::byte>{}}),
                ::testing::HasSubstr("\xa7Payload\xc4\x00"s));
}

TEST(RpcMessages, ALongListMayBeWrittenInSlices) {
    const MembersResponse whole{.members = {{.name = "a"}, {.name = "b"}}};
    std::string slices;
    append_members_response_head(slices, 2);
    for (const Member& member : whole.members) append(slices, member);
    EXPECT_EQ(slices, encode(whole));

    const MemberEventRecord event{.event = "member-join", .members = whole.members};
    std::string event_slices;
    append_member_event_head(event_slices, "member-join", 2);
    for (const Member& member : whole.members) append(event_slices, member);
    EXPECT_EQ(event_slices, encode(event));
}

TEST(RpcMessages, DecodingIsLenientWhereSerfIs) {
    // Any order, unknown keys, missing keys.
    const auto reordered = decode_bytes<JoinRequest>(packed([](auto& p) {
        p.pack_map(3);
        p.pack("Nonsense"s);
        p.pack_array(1);
        p.pack_map(0);
        p.pack("Replay"s);
        p.pack_true();
        p.pack("Existing"s);
        p.pack_array(1);
        p.pack("h"s);
    }));
    ASSERT_TRUE(reordered);
    EXPECT_TRUE(reordered->replay);
    EXPECT_THAT(reordered->existing, ::testing::ElementsAre("h"));
    EXPECT_TRUE(decode_bytes<JoinRequest>("\x80")->existing.empty());

    // nil for a field, for an element, and for the whole.
    const auto nils = decode_bytes<TagsRequest>(packed([](auto& p) {
        p.pack_map(2);
        p.pack("Tags"s);
        p.pack_nil();
        p.pack("DeleteTags"s);
        p.pack_array(1);
        p.pack_nil();
    }));
    ASSERT_TRUE(nils);
    EXPECT_TRUE(nils->tags.empty());
    EXPECT_THAT(nils->delete_tags, ::testing::ElementsAre(""));
    EXPECT_TRUE(decode_bytes<StopRequest>("\xc0"));

    // The array form, in declaration order; short or long.
    const auto array = decode_bytes<RequestHeader>("\x92\xa5stats\x05");
    ASSERT_TRUE(array);
    EXPECT_EQ(array->command, "stats");
    EXPECT_EQ(array->seq, 5u);
    EXPECT_EQ(decode_bytes<RequestHeader>("\x91\xa5stats")->seq, 0u);
    EXPECT_EQ(decode_bytes<RequestHeader>("\x93\xa5stats\x05\x06")->seq, 5u);
    const auto filter = decode_bytes<MembersFilteredRequest>("\x93\x80\xa1s\xa1n");
    EXPECT_EQ(filter->status + filter->name, "sn");

    // str for bytes, bin for text, every form of an integer, 0 and 1 for a switch.
    EXPECT_EQ(decode_bytes<StreamRecord>("\x81\xa7Payload\xa2hi")->payload->size(), 2u);
    EXPECT_EQ(decode_bytes<AuthRequest>("\x81\xa7"
                                        "AuthKey\xc4\x02hi")
                  ->auth_key,
              "hi");
    for (const std::string& seven :
         {"\x07"s, "\xcc\x07"s, "\xcd\x00\x07"s, "\xce\x00\x00\x00\x07"s, "\xd0\x07"s,
          "\xd1\x00\x07"s, "\xd2\x00\x00\x00\x07"s, "\xd3\x00\x00\x00\x00\x00\x00\x00\x07"s}) {
        EXPECT_EQ(decode_bytes<StopRequest>("\x81\xa4Stop" + seven)->stop, 7u);
    }
    EXPECT_TRUE(decode_bytes<ForceLeaveRequest>("\x81\xa5Prune\x01")->prune);
    EXPECT_FALSE(decode_bytes<ForceLeaveRequest>("\x81\xa5Prune\x00"s)->prune);
}

// As Go's decoder does. Rust's encoder writes a slice of u8 so.
TEST(RpcMessages, TextAndBytesMayBeListsOfSmallIntegers) {
    const auto payload = [](const std::string& as) {
        return decode_bytes<EventRequest>("\x81\xa7Payload" + as);
    };
    const auto bytes = [](std::initializer_list<int> values) {
        std::vector<std::byte> all;
        for (const int value : values) all.push_back(static_cast<std::byte>(value));
        return Payload{all};
    };
    EXPECT_EQ(payload("\x93\x68\xcc\xff\xd1\x00\x69"s)->payload, bytes({0x68, 0xff, 0x69}));
    EXPECT_EQ(payload("\x90")->payload, bytes({}));  // empty, and not nil
    EXPECT_EQ(payload("\xdc\x00\x01\x07"s)->payload, bytes({7}));
    EXPECT_EQ(payload("\x92\xc0\x01")->payload, bytes({0, 1}));
    EXPECT_EQ(payload("\x81\x68\x69")->payload, bytes({0x68, 0x69}));  // a map, as for lists
    EXPECT_EQ(payload("\x80")->payload, bytes({}));

    EXPECT_EQ(decode_bytes<EventRequest>("\x81\xa4Name\x92\x68\x69")->name, "hi");
    EXPECT_EQ(decode_bytes<EventRequest>("\x81\xa4Name\x90")->name, "");
    EXPECT_EQ(decode_bytes<ForceLeaveRequest>("\x81\xa4Node\x92\x68\x69")->node, "hi");
    EXPECT_EQ(decode_bytes<KeyRequest>("\x81\xa3Key\x92\x68\x69")->key, "hi");
    EXPECT_EQ(decode_bytes<AuthRequest>("\x81\xa7"
                                        "AuthKey\x92\x68\x69")
                  ->auth_key,
              "hi");
    EXPECT_EQ(decode_bytes<RequestHeader>("\x81\xa7"
                                          "Command\x92\x68\x69")
                  ->command,
              "hi");
    EXPECT_EQ(decode_bytes<RespondRequest>("\x92\x01\x91\x07")->payload, bytes({7}));
    const auto tags = decode_bytes<TagsRequest>("\x81\xa4Tags\x81\x91\x61\x91\x62");
    EXPECT_THAT(tags->tags, ::testing::ElementsAre(::testing::Pair("a", "b")));
    const auto removed = decode_bytes<TagsRequest>(
        "\x81\xaa"
        "DeleteTags\x92\x91\x61\xa1"
        "b");
    EXPECT_THAT(removed->delete_tags, ::testing::ElementsAre("a", "b"));
}

TEST(RpcMessages, AMapWhereAListIsDueIsItsKeysAndValuesInTurn) {
    const auto join = decode_bytes<JoinRequest>(packed([](auto& p) {
        p.pack_map(1);
        p.pack("Existing"s);
        p.pack_map(2);
        for (const char* host : {"h1", "h2", "h3", "h4"}) p.pack(std::string{host});
    }));
    ASSERT_TRUE(join);
    EXPECT_THAT(join->existing, ::testing::ElementsAre("h1", "h2", "h3", "h4"));
    EXPECT_TRUE(decode_bytes<JoinRequest>("\x81\xa8"
                                          "Existing\x80")
                    ->existing.empty());
}

TEST(RpcMessages, AListWithAnythingElseIsNoBytes) {
    for (const std::string& bad :
         {"\x91\xcd\x01\x00"s, "\x91\xff"s, "\x91\xc3"s, "\x91\xa1x"s, "\x91\x91\x01"s,
          "\x91\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00"s, "\x81\x01\xff"s, "\x07"s, "\xc3"s}) {
        EXPECT_FALSE(decode_bytes<EventRequest>("\x81\xa7Payload" + bad)) << bad;
        EXPECT_FALSE(decode_bytes<EventRequest>("\x81\xa4Name" + bad)) << bad;
    }
    // Go's decoder takes a map for bytes, but not for text; and a list for no map.
    EXPECT_FALSE(decode_bytes<EventRequest>("\x81\xa4Name\x81\x68\x69"));
    EXPECT_FALSE(decode_bytes<EventRequest>("\x81\xa4Name\x80"));
    EXPECT_FALSE(decode_bytes<TagsRequest>("\x81\xa4Tags\x90"));
    EXPECT_FALSE(
        decode_bytes<TagsRequest>("\x81\xaa"
                                  "DeleteTags\x91\x07"));
}

TEST(RpcMessages, ABadFieldIsNamed) {
    const auto name_of = []<class Message>(const Result<Message, BadField>& result) {
        return result ? "none" : std::string{result.error().name};
    };
    EXPECT_EQ(name_of(decode_bytes<RequestHeader>("\x81\xa3Seq\xff")), "Seq");  // -1
    EXPECT_EQ(name_of(decode_bytes<RequestHeader>("\x81\xa3Seq\xa1"
                                                  "1")),
              "Seq");
    EXPECT_EQ(name_of(decode_bytes<RequestHeader>("\x81\xa7"
                                                  "Command\x01")),
              "Command");
    EXPECT_EQ(name_of(decode_bytes<HandshakeRequest>("\x81\xa7Version\xce\xff\xff\xff\xff")),
              "Version");
    EXPECT_EQ(name_of(decode_bytes<JoinRequest>("\x81\xa6Replay\x02")), "Replay");
    EXPECT_EQ(name_of(decode_bytes<JoinRequest>("\x81\xa8"
                                                "Existing\xa1h")),
              "Existing");
    EXPECT_EQ(name_of(decode_bytes<JoinRequest>("\x81\xa8"
                                                "Existing\x91\x07")),
              "Existing");
    EXPECT_EQ(name_of(decode_bytes<TagsRequest>("\x81\xa4Tags\x81\xa1k\x07")), "Tags");
    EXPECT_EQ(name_of(decode_bytes<TagsRequest>("\x81\xa4Tags\x81\x07\xa1v")), "Tags");
    EXPECT_EQ(name_of(decode_bytes<Member>("\x81\xa4"
                                           "Addr\xc4\x03"
                                           "abc")),
              "Addr");
    EXPECT_EQ(name_of(decode_bytes<Member>("\x81\xa4Port\xce\x00\x01\x00\x00"s)), "Port");
    EXPECT_EQ(name_of(decode_bytes<MembersResponse>("\x81\xa7Members\x91\x81\xa4Port\xa1x")),
              "Members");
    EXPECT_EQ(name_of(decode_bytes<RequestHeader>("\xa5stats")), "");
    EXPECT_EQ(name_of(decode_bytes<RequestHeader>("\x81\x07\x07")), "");
    EXPECT_EQ(name_of(decode_bytes<Stats>("\x81\xa1s\xa1x")), "");
    // Field names are case-sensitive: this one is unknown, so it may hold anything.
    EXPECT_EQ(decode_bytes<RequestHeader>("\x81\xa3seq\xa1x")->seq, 0u);
}

}  // namespace
}  // namespace rollcall::agent::rpc
