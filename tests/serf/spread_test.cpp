// SPDX-License-Identifier: Apache-2.0
//
// Events and key rotation in whole clusters that lose every fifth datagram, in virtual time.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "serf/serf.h"
#include "sim/cluster/serf_traits.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using LossyCluster = sim::SimCluster<Serf>;

sim::LinkQuality lossy_links() {
    sim::LinkQuality links;
    links.loss = 0.2;
    return links;
}

// How often each node reported each event with this prefix, from the chronicle of the
// cluster.
std::map<std::string, int> hearings(const LossyCluster& cluster,
                                    std::string_view what = "user event ") {
    std::map<std::string, int> counts;
    for (const auto& entry : cluster.chronicle().entries()) {
        const auto* text = std::get_if<std::string>(&entry.what);
        if (text == nullptr) continue;
        const auto at = text->find(what);
        if (at != std::string::npos) ++counts[std::to_string(entry.node) + text->substr(at)];
    }
    return counts;
}

class UnderLoss : public testing::TestWithParam<std::uint64_t> {};

TEST_P(UnderLoss, EveryEventIsReportedOnceEverywhere) {
    LossyCluster cluster{{.nodes = 12, .seed = GetParam(), .links = lossy_links()}};
    cluster.start_joined();
    constexpr int kEvents = 30;
    for (int i = 0; i < kEvents; ++i) {
        const std::string who = "n" + std::to_string(1 + i % 12);
        const auto error = cluster.node(who).command([&](Serf& serf, Time now, Serf::Outbox& out) {
            return serf.user_event(now, "e" + std::to_string(i), {}, false, out);
        });
        ASSERT_FALSE(error);
        cluster.run_for(100ms);
    }
    cluster.run_for(5min);  // several rounds of push/pulls
    const auto counts = hearings(cluster);
    EXPECT_EQ(counts.size(), 12u * kEvents) << cluster.story();
    for (const auto& [what, times] : counts) EXPECT_EQ(times, 1) << what;
}

// Nothing repairs a lost query, so not all of them arrive; what does arrives once. Relays carry
// acks around a lost packet.
TEST_P(UnderLoss, MostQueriesReachMostMembersAndNoneTwice) {
    LossyCluster cluster{{.nodes = 12, .seed = GetParam(), .links = lossy_links()}};
    cluster.start_joined();
    cluster.run_for(30s);
    constexpr int kQueries = 20;
    for (int i = 0; i < kQueries; ++i) {
        const auto asked = cluster.node("n1").command([&](Serf& serf, Time now, Serf::Outbox& out) {
            const std::string name = "q" + std::to_string(i);
            return serf.query(now, {.name = name, .ack = true, .relay_factor = 2}, out);
        });
        ASSERT_TRUE(asked);
        cluster.run_for(10s);
    }
    std::size_t received = 0;
    for (const auto& [what, times] : hearings(cluster, "query q")) {
        EXPECT_EQ(times, 1) << what;
        ++received;
    }
    EXPECT_GE(received, 12u * kQueries * 9 / 10);
    int acked = 0;
    for (const auto& [who, times] : hearings(cluster, "query acknowledged by ")) {
        EXPECT_LE(times, kQueries) << who;
        acked += times;
    }
    EXPECT_GE(acked, 12 * kQueries * 85 / 100);
    EXPECT_LE(acked, static_cast<int>(received));
}

TEST_P(UnderLoss, KeyRotationLocksNoMemberOut) {
    const std::vector<std::byte> old_key(16, std::byte{1}), new_key(16, std::byte{2});
    LossyCluster cluster{{.nodes = 8, .seed = GetParam(), .links = lossy_links(), .key = old_key}};
    cluster.start_joined();
    const auto all_have = [&](auto&& holds) {
        return std::ranges::all_of(cluster.nodes(),
                                   [&](const auto& node) { return holds(node->core()); });
    };
    // As an operator would: repeated until all members confirm.
    const auto until_done = [&](KeyCommand command, Bytes key, auto&& holds) {
        for (int attempt = 0; attempt < 20 && !all_have(holds); ++attempt) {
            const auto asked =
                cluster.node("n1").command([&](Serf& serf, Time now, Serf::Outbox& out) {
                    return serf.key_command(now, command, key, out);
                });
            ASSERT_TRUE(asked);
            cluster.run_for(5s);
        }
        ASSERT_TRUE(all_have(holds)) << query_of(command) << cluster.story();
    };
    until_done(KeyCommand::install, new_key,
               [](const Serf& serf) { return serf.node().keyring().keys().size() == 2; });
    until_done(KeyCommand::use, new_key, [&](const Serf& serf) {
        return same_bytes(serf.node().keyring().primary(), new_key);
    });
    until_done(KeyCommand::remove, old_key,
               [](const Serf& serf) { return serf.node().keyring().keys().size() == 1; });
    cluster.run_for(2min);
    const auto sees_all = [](const Serf& serf) {
        const auto members = serf.members();
        return std::ranges::count(members, Status::alive, &MemberRecord::status) == 8;
    };
    EXPECT_TRUE(cluster.run_until([&] { return all_have(sees_all); }, 5min)) << cluster.story();
}

INSTANTIATE_TEST_SUITE_P(Seeds, UnderLoss, testing::Values(1, 2, 3, 4, 5, 6));

}  // namespace
}  // namespace rollcall::serf
