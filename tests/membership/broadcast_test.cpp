// SPDX-License-Identifier: Apache-2.0
//
// The broadcast queue: how often, in which order, and what fits into one packet. Rules G1, G2.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "base/rng.h"
#include "lone_node.h"
#include "membership/broadcast_queue.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

Bytes text(std::string_view words) {
    return as_bytes(words);
}

std::vector<std::string> take(BroadcastQueue& queue, std::size_t budget, unsigned limit,
                              std::size_t overhead = 2, std::size_t most = 100) {
    std::vector<std::string> taken;
    queue.take(overhead, budget, limit, most,
               [&](Bytes message) { taken.emplace_back(as_text(message)); });
    return taken;
}

using Words = std::vector<std::string>;

TEST(RuleG1, TransmitLimitGrowsWithLog10OfClusterSize) {
    struct Row {
        std::size_t members;
        unsigned factor;
    };
    for (const Row& row : {Row{0, 0}, Row{1, 1}, Row{8, 1}, Row{9, 1}, Row{10, 2}, Row{99, 2},
                           Row{100, 3}, Row{999, 3}, Row{1000, 4}, Row{10000, 5}}) {
        EXPECT_EQ(transmit_limit(4, row.members), 4 * row.factor) << row.members;
        EXPECT_EQ(transmit_limit(2, row.members), 2 * row.factor) << row.members;
    }
}

// Sends to `recipient` and returns whether the message is still queued.
bool still_queued(BroadcastQueue& queue, const Recipient& recipient, unsigned limit) {
    queue.take(
        2, 1000, limit, 100, [](Bytes) {}, recipient);
    return queue.size() > 0;
}

Recipient member(std::uint32_t id, std::size_t others, bool live = true) {
    return {.known = true, .member = MemberId{id}, .live = live, .others = others};
}

TEST(RuleG1, SendToInformedMemberIsNotCountedWhileOthersAreUninformed) {
    BroadcastQueue queue{100};
    const std::vector<MemberId> informed{MemberId{1}};
    queue.queue("a", text("news"), 0, informed);
    EXPECT_TRUE(still_queued(queue, member(1, 3), 2)) << "the sender";
    EXPECT_TRUE(still_queued(queue, member(2, 3), 2)) << "the first of two";
    EXPECT_TRUE(still_queued(queue, member(2, 3), 2)) << "informed by us";
    EXPECT_TRUE(still_queued(queue, member(4, 3, false), 2)) << "dead";
    EXPECT_FALSE(still_queued(queue, member(3, 3), 2)) << "the second of two";
}

TEST(RuleG1, EverySendCountsOnceAllAreInformed) {
    BroadcastQueue queue{100};
    queue.queue("a", text("news"), 9);
    EXPECT_TRUE(still_queued(queue, member(1, 1), 4));
    EXPECT_TRUE(still_queued(queue, member(1, 1), 4));
    EXPECT_TRUE(still_queued(queue, member(1, 1), 4));
    EXPECT_FALSE(still_queued(queue, member(1, 1), 4)) << "two members: as often as the limit says";
    EXPECT_EQ(queue.finished(), std::vector<BroadcastQueue::Token>{9});
}

TEST(RuleG1, UncountedSendsAreBounded) {
    BroadcastQueue queue{100};
    queue.queue("a", text("news"));
    unsigned sends = 0;
    constexpr unsigned kLimit = 2;
    do {
        ++sends;
        ASSERT_LE(sends, 4 * kLimit);
    } while (still_queued(queue, member(1, 5, false), kLimit));
    EXPECT_EQ(sends, 4 * kLimit);
}

TEST(RuleG1, MessageIsSentExactlyLimitTimes) {
    for (unsigned limit = 1; limit <= 8; ++limit) {
        BroadcastQueue queue{100};
        queue.queue("a", text("news"), 7);
        for (unsigned i = 0; i < limit; ++i) {
            EXPECT_TRUE(queue.finished().empty());
            EXPECT_EQ(take(queue, 1000, limit), Words{"news"});
        }
        EXPECT_EQ(take(queue, 1000, limit), Words{});
        EXPECT_EQ(queue.finished(), std::vector<BroadcastQueue::Token>{7});
        EXPECT_EQ(queue.size(), 0u);
    }
}

TEST(RuleG1, AMessageOfWideReachIsSentHalfAsOftenAgain) {
    for (unsigned limit = 1; limit <= 12; ++limit) {
        BroadcastQueue queue{100};
        queue.queue("a", text("verdict"), 7, {}, Reach::wide);
        unsigned sends = 0;
        while (!take(queue, 1000, limit).empty()) ++sends;
        EXPECT_EQ(sends, limit + (limit + 1) / 2);
        EXPECT_EQ(queue.finished(), std::vector<BroadcastQueue::Token>{7});
    }
}

// How many acks to a stranger carry what we know about n3, whom a peer accuses.
unsigned tellings(std::string_view accuser, bool looking) {
    LoneNode lone{[&](Config& c) { c.variant.looking = looking; }};
    lone.know(20);
    lone.drain();
    lone.dead("n3", 1, accuser);
    unsigned sends = 0;
    while (!lone.broadcasts().empty()) ++sends;
    return sends;
}

TEST(RuleG1, AVerdictOfDeathReachesFurtherThanALeave) {
    EXPECT_EQ(tellings("n5", true), 12u);
    EXPECT_EQ(tellings("n3", true), 8u);  // leaves by its own word
}

TEST(RuleV6, WithoutLookingAVerdictIsSentAsOftenAsAnythingElse) {
    EXPECT_EQ(tellings("n5", false), 8u);
}

TEST(RuleG1, FewestTransmissionsFirstThenLongerThenNewer) {
    BroadcastQueue queue{100};
    queue.queue("a", text("old-short"));
    EXPECT_EQ(take(queue, 1000, 5), Words{"old-short"});
    queue.queue("b", text("xx"));
    queue.queue("c", text("longest"));
    queue.queue("d", text("yy"));
    EXPECT_EQ(take(queue, 1000, 5), (Words{"longest", "yy", "xx", "old-short"}));
}

TEST(RuleG1, NewerMessageReplacesOlderAndFinishesItsToken) {
    BroadcastQueue queue{100};
    queue.queue("a", text("first"), 1);
    queue.queue("a", text("second"), 2);
    EXPECT_EQ(queue.size(), 1u);
    EXPECT_EQ(queue.finished(), std::vector<BroadcastQueue::Token>{1});
    EXPECT_EQ(take(queue, 1000, 1), Words{"second"});
    EXPECT_EQ(queue.finished(), (std::vector<BroadcastQueue::Token>{1, 2}));
}

TEST(RuleG1, EmptyKeyReplacesNothing) {
    BroadcastQueue queue{100};
    queue.queue("", text("one"));
    queue.queue("", text("two"));
    EXPECT_EQ(queue.size(), 2u);
}

TEST(RuleG1, FullQueueDropsAndCountsMostSent) {
    BroadcastQueue queue{2};
    queue.queue("a", text("reported"), 1);
    EXPECT_EQ(take(queue, 1000, 9), Words{"reported"});
    queue.queue("b", text("new1"), 2);
    queue.queue("c", text("new2"), 3);
    EXPECT_EQ(queue.size(), 2u);
    EXPECT_EQ(queue.dropped(), 1u);
    EXPECT_EQ(queue.finished(), std::vector<BroadcastQueue::Token>{1});
    EXPECT_EQ(take(queue, 1000, 9), (Words{"new2", "new1"}));
}

TEST(RuleG2, ShorterMessageMayFitWhereLongerDoesNot) {
    BroadcastQueue queue{100};
    queue.queue("a", text("12345678"));
    queue.queue("b", text("1234"));
    queue.queue("c", text("12"));
    // 8 + 2 = 10 used of 15; of the rest, 3, none takes more than 1 after its overhead.
    EXPECT_EQ(take(queue, 13, 9), Words{"12345678"});
    // The unsent ones first: 4 + 2, 2 + 2, then 8 + 2 of the next tier would need 20.
    EXPECT_EQ(take(queue, 19, 9), (Words{"1234", "12"}));
    EXPECT_EQ(take(queue, 12, 9), Words{"12345678"});
    EXPECT_EQ(take(queue, 3, 9), Words{});
}

TEST(RuleG2, NoMessageIsTwiceInOnePacket) {
    BroadcastQueue queue{100};
    for (int i = 0; i < 10; ++i) queue.queue(std::to_string(i), text("same"));
    EXPECT_EQ(take(queue, 1000, 9).size(), 10u);
    EXPECT_EQ(take(queue, 1000, 9, 2, 3).size(), 3u);
}

// A slow transcription of the rule, and random runs against it.
TEST(RuleG2, SelectionMatchesRuleForRandomQueues) {
    struct Entry {
        std::string message;
        unsigned transmits = 0;
        int id = 0;
    };
    Rng rng{11};
    for (int run = 0; run < 300; ++run) {
        BroadcastQueue queue{1000};
        std::vector<Entry> model;
        int next_id = 0;
        const unsigned limit = 1 + static_cast<unsigned>(rng.below(4));
        for (int step = 0; step < 30; ++step) {
            if (rng.one_in(2)) {
                Entry entry{.id = ++next_id};
                entry.message = std::to_string(entry.id) + ":";
                entry.message.resize(entry.message.size() + rng.below(30), 'x');
                queue.queue(std::to_string(entry.id), text(entry.message));
                model.push_back(entry);
                continue;
            }
            const std::size_t budget = rng.below(120);
            const Words got = take(queue, budget, limit);
            std::ranges::sort(model, [](const Entry& a, const Entry& b) {
                if (a.transmits != b.transmits) return a.transmits < b.transmits;
                if (a.message.size() != b.message.size()) {
                    return a.message.size() > b.message.size();
                }
                return a.id > b.id;
            });
            Words wanted;
            std::size_t used = 0;
            for (Entry& entry : model) {
                if (used + 2 + entry.message.size() > budget) continue;
                used += 2 + entry.message.size();
                wanted.push_back(entry.message);
                ++entry.transmits;
            }
            std::erase_if(model, [&](const Entry& e) { return e.transmits >= limit; });
            ASSERT_EQ(got, wanted) << "run " << run << " step " << step << " budget " << budget;
            ASSERT_EQ(queue.size(), model.size());
        }
    }
}

TEST(RuleG2, APacketKeepsItsBudgetWithEveryLayer) {
    for (const bool with_key : {false, true}) {
        for (const std::string label : {"", "a-rather-long-cluster-label"}) {
            LoneNode lone{[&](Config& c) {
                c.layers.label = label;
                c.layers.compress = false;
                c.gossip_interval = 200ms;
            }};
            if (with_key) lone.install_key(std::vector<std::byte>(16));
            for (int i = 0; i < 200; ++i) {
                const std::string name = "node-with-a-long-name-" + std::to_string(i);
                lone.alive({.node = name,
                            .address = WireAddress::v4(10, 0, 1, static_cast<std::uint8_t>(i))});
            }
            (void)lone.take_sent();
            lone.advance(200ms);
            std::size_t fullest = 0;
            for (const Sent& sent : lone.take_sent()) {
                // Checksum and the first part's length entry are not in the budget: as peers do.
                EXPECT_LE(sent.size, 1400u + 7u);
                fullest = std::max(fullest, sent.size);
            }
            EXPECT_GT(fullest, 1300u) << "a packet is filled when enough is queued";
        }
    }
}

TEST(RuleG2, AckCarriesBroadcastsThatFit) {
    LoneNode lone{[](Config& c) { c.layers.compress = false; }};
    for (int i = 0; i < 60; ++i) {
        const std::string name = "node-with-a-long-name-" + std::to_string(i);
        lone.alive(
            {.node = name, .address = WireAddress::v4(10, 0, 1, static_cast<std::uint8_t>(i))});
    }
    (void)lone.take_sent();
    lone.encoded([](ByteWriter& w) {
        wire::encode(wire::Ping{.sequence = SequenceNumber{1}, .node = "me"}, w);
    });
    const auto sent = lone.take_sent();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].messages[0].type, wire::MessageType::ack);
    EXPECT_GT(sent[0].messages.size(), 10u);
    EXPECT_LE(sent[0].size, 1400u + 2u);
    EXPECT_FALSE(sent[0].checksum) << "sent to an address, not to a known member";
}

// The application's messages come after membership's, and cost one byte more each.
struct Chatty final : Application {
    std::size_t overhead = 0, budget = 0;
    void take_broadcasts(std::size_t o, std::size_t b, const Recipient&,
                         BroadcastSink& sink) override {
        overhead = o;
        budget = b;
        const std::vector<std::byte> message(50);
        for (std::size_t used = 0; used + o + message.size() <= b; used += o + message.size()) {
            sink.add(message);
        }
    }
};

TEST(RuleG2, ApplicationGetsRemainingRoom) {
    Chatty app;
    LoneNode lone{[](Config& c) { c.layers.compress = false; }, &app};
    lone.encoded([](ByteWriter& w) {
        wire::encode(wire::Ping{.sequence = SequenceNumber{1}, .node = "me"}, w);
    });
    const auto sent = lone.take_sent();
    ASSERT_FALSE(sent.empty());
    EXPECT_EQ(app.overhead, 3u);
    EXPECT_GT(app.budget, 1200u);
    EXPECT_GT(of_type(sent.back().messages, wire::MessageType::user).size(), 20u);
    EXPECT_LE(sent.back().size, 1402u);
}

}  // namespace
}  // namespace rollcall::membership
