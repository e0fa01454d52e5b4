// SPDX-License-Identifier: Apache-2.0
#include "rpc/reader.h"

#include <gtest/gtest.h>

#include <msgpack.hpp>
#include <string>

#include "base/rng.h"
#include "cli/recordings.h"
#include "rpc/messages.h"

namespace rollcall::agent::rpc {
namespace {

using Status = ObjectReader::Status;
using namespace std::string_literals;

std::string text_object(std::size_t size) {  // str 32: five bytes and the text
    std::string bytes = "\xdb"s;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift);
    return bytes + std::string(size, 'x');
}

TEST(ObjectReader, ObjectsEndWhereTheyEndInAnySegmentation) {
    std::string stream;
    std::size_t objects = 0;
    for (const auto& recording : cli::testing::recordings()) {
        for (const auto& step : recording.steps) {
            stream += step.bytes;
            ++objects;
        }
    }
    ASSERT_GT(objects, 1000u);
    for (const std::size_t cut :
         {std::size_t{1}, std::size_t{13}, std::size_t{4096}, stream.size()}) {
        ObjectReader reader{kServerLimits};
        std::size_t seen = 0;
        for (std::size_t at = 0; at < stream.size(); at += cut) {
            reader.feed(std::string_view{stream}.substr(at, cut));
            Status status = reader.next();
            for (; status == Status::object; status = reader.next()) ++seen;
            ASSERT_EQ(status, Status::need_more);
        }
        EXPECT_EQ(seen, objects) << "cut into " << cut;
    }
}

TEST(ObjectReader, APartIsNeverTakenForTheWhole) {
    const std::string whole = encode(Member{.name = "n", .tags = {{"k", std::string(300, 'v')}}});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        ObjectReader reader{kServerLimits};
        reader.feed(std::string_view{whole}.substr(0, size));
        EXPECT_EQ(reader.next(), Status::need_more) << size;
    }
}

TEST(ObjectReader, TheSizeOfAnObjectIsCappedToTheByte) {
    const ReaderLimits limits{.object_bytes = 1000, .elements = 100, .depth = 4};
    ObjectReader fits{limits};
    fits.feed(text_object(995));
    EXPECT_EQ(fits.next(), Status::object);
    fits.feed(text_object(995));  // each object by itself
    EXPECT_EQ(fits.next(), Status::object);

    ObjectReader too_large{limits};
    too_large.feed(text_object(996));
    EXPECT_EQ(too_large.next(), Status::broken);

    // Large as a sum of small parts.
    std::string list = "\x93"s + text_object(400) + text_object(400) + text_object(400);
    ObjectReader sum{limits};
    sum.feed(list);
    EXPECT_EQ(sum.next(), Status::broken);

    // Known to be too large before all of it came; drop by drop, too.
    ObjectReader drops{limits};
    Status status = Status::need_more;
    std::size_t fed = 0;
    const std::string endless = text_object(1'000'000);
    while (status == Status::need_more && fed < endless.size()) {
        drops.feed(std::string_view{endless}.substr(fed++, 1));
        status = drops.next();
    }
    EXPECT_EQ(status, Status::broken);
    EXPECT_LE(fed, 1001u);
}

TEST(ObjectReader, TheCapMayBeRaisedOnceThePeerIsKnown) {
    ObjectReader reader{kServerLimits};
    reader.set_object_bytes(kObjectBytesBeforeAuth);
    reader.feed(text_object(100));
    EXPECT_EQ(reader.next(), Status::object);
    reader.set_object_bytes(kServerLimits.object_bytes);
    reader.feed(text_object(100'000));
    EXPECT_EQ(reader.next(), Status::object);
}

TEST(ObjectReader, DeclaredCountsAndDepthAreRefusedAtOnce) {
    for (const std::string& bomb :
         {"\xdd\xff\xff\xff\xff"s, "\xdf\xff\xff\xff\xff"s, "\xdc\xff\xff"s, "\xde\xff\xff"s,
          std::string(9, '\x91') + "\xc0", "\xc7\x01\x05x"s /* ext */, "\xc1"s}) {
        ObjectReader reader{kServerLimits};
        reader.feed(bomb);
        EXPECT_EQ(reader.next(), Status::broken) << ::testing::PrintToString(bomb);
        // For good: what follows is not looked at.
        reader.feed("\xc0");
        EXPECT_EQ(reader.next(), Status::broken);
    }
}

TEST(ObjectReader, NoDamageToRealConversationsGetsOut) {
    Rng rng{7};
    for (const auto& recording : cli::testing::recordings()) {
        for (const auto& step : recording.steps) {
            std::string bytes = step.bytes;
            const auto at = static_cast<std::size_t>(rng.below(bytes.size()));
            bytes[at] = static_cast<char>(rng.below(256));
            ObjectReader reader{kServerLimits};
            reader.feed(bytes);
            while (reader.next() == Status::object) {
                // Whatever it is now: understood or refused, and nothing else.
                static_cast<void>(decode<RequestHeader>(reader.object()).ok());
                static_cast<void>(decode<MembersResponse>(reader.object()).ok());
                static_cast<void>(decode<MembersFilteredRequest>(reader.object()).ok());
                static_cast<void>(decode<StreamRecord>(reader.object()).ok());
                static_cast<void>(decode<Stats>(reader.object()).ok());
            }
        }
    }
}

}  // namespace
}  // namespace rollcall::agent::rpc
