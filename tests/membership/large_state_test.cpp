// SPDX-License-Identifier: Apache-2.0
//
// A table that is too large for one push/pull. Rule Y4.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "lone_node.h"

namespace rollcall::membership {
namespace {

constexpr unsigned kMany = 10'500;  // with 2048 bytes of metadata each, more than 20 MiB

// A peer with the same key that asks for the whole state.
class LargeState : public testing::Test {
protected:
    LargeState() : lone{[](Config& c) { c.layers.compress = false; }, &app} {
        lone.install_key(key);
        EXPECT_FALSE(codec.keyring().add(key));
    }
    void know_many() {
        for (unsigned i = 0; i < kMany; ++i) {
            const std::string name = "m" + std::to_string(i);
            lone.alive({.node = name,
                        .address = WireAddress::v4(10, 1, static_cast<std::uint8_t>(i >> 8),
                                                   static_cast<std::uint8_t>(i)),
                        .meta = meta});
        }
    }
    // The names in the received state.
    std::multiset<std::string> ask() {
        std::vector<std::byte> question, framed;
        wire::encode_push_pull({}, question);
        codec.seal_stream(question, wire::PacketCodec::StreamSide::dialer, framed);
        const StreamId id{StreamId::kAcceptedBit | next_id++};
        lone.call([&](Node& node, Time at, Outbox& out) {
            node.handle_stream_accepted(at, id, host(9, 4000), out);
            node.handle_stream_data(at, id, framed, out);
        });
        wire::StreamReader reader{codec, wire::PacketCodec::StreamSide::dialer};
        for (const SentStream& sent : lone.take_streams()) {
            if (sent.action.id == id && !sent.bytes.empty()) reader.feed(sent.bytes);
        }
        if (reader.status() != wire::StreamReader::Status::complete) return {};
        const auto& state = std::get<wire::ReceivedPushPull>(reader.message());
        user_state = state.user_state.size();
        std::multiset<std::string> names;
        for (const wire::PushPullNode& node : state.nodes) names.emplace(node.name);
        return names;
    }

    struct Talkative final : Application {
        std::size_t size = 0;
        void local_state(bool join, std::vector<std::byte>& state) override {
            (void)join;
            state.resize(size);
        }
    } app;
    const std::vector<std::byte> key = std::vector<std::byte>(32, std::byte{5});
    const std::string meta = std::string(2048, 'm');
    LoneNode lone;
    sim::SeededEntropy entropy{2};
    wire::PacketCodec codec{lone.config().layers, entropy};
    std::uint64_t next_id = 1'000'000;
    std::size_t user_state = 0;
};

class RuleY4 : public LargeState {};

TEST_F(RuleY4, TooLargeStateIsSentInRotatingParts) {
    know_many();
    const auto first = ask();
    const auto second = ask();
    EXPECT_GT(first.size(), 9'000u);  // close to 20 MiB
    EXPECT_LT(first.size(), std::size_t{kMany});
    EXPECT_EQ(first.count("me"), 1u);
    EXPECT_EQ(second.count("me"), 1u);
    const std::set<std::string> reported{first.begin(), first.end()};
    EXPECT_EQ(reported.size(), first.size()) << "none twice";
    EXPECT_NE(first, second);
    EXPECT_EQ(lone.node().stats().nodes_untold,
              2 * (lone.node().members().size()) - first.size() - second.size());
}

TEST_F(RuleY4, FittingStateIsSentWhole) {
    lone.know(100);
    app.size = 1000;
    EXPECT_EQ(ask().size(), lone.node().members().size());
    EXPECT_EQ(user_state, 1000u);
    EXPECT_EQ(lone.node().stats().nodes_untold, 0u);
}

TEST_F(RuleY4, UserStateAboveHalfIsOmitted) {
    know_many();
    app.size = 9u << 20;
    const std::size_t beside = ask().size();
    EXPECT_EQ(user_state, app.size);
    EXPECT_GT(beside, 4'000u);
    EXPECT_LT(beside, 6'000u);
    app.size = 11u << 20;
    EXPECT_GT(ask().size(), 9'000u);
    EXPECT_EQ(user_state, 0u);
    EXPECT_EQ(lone.node().stats().user_states_untold, 1u);
}

}  // namespace
}  // namespace rollcall::membership
