// SPDX-License-Identifier: Apache-2.0
//
// Which addresses of a peer are asked when a client names it.
#include "agent/join/choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rollcall::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Joiner::Resolved peer_at(std::vector<const char*> addresses) {
    Joiner::Resolved peer;
    peer.seed = *HostPort::parse("db.example:7946", 7946);
    for (const char* address : addresses) peer.endpoints.push_back(*Endpoint::parse(address));
    return peer;
}

bool is_not_loopback(const Endpoint& at) {
    return at.address_to_string() != "127.0.0.1";
}

TEST(ChoiceOfAddresses, AllAreAskedThatCanAnswer) {
    const auto peer = peer_at({"10.0.0.1:7946", "10.0.0.2:7946"});
    const auto chosen = peers_to_ask(peer, [](const Endpoint&) { return false; });
    EXPECT_EQ(chosen.contact, peer.endpoints);
    EXPECT_THAT(chosen.errors, IsEmpty());
}

TEST(ChoiceOfAddresses, ThoseOutOfReachAreLeftOutWithOneError) {
    const auto peer = peer_at({"10.0.0.1:7946", "127.0.0.1:7946", "10.0.0.2:7946"});
    const auto chosen = peers_to_ask(peer, is_not_loopback);
    EXPECT_THAT(chosen.contact, ElementsAre(peer.endpoints[1]));
    ASSERT_THAT(chosen.errors, SizeIs(1));
    EXPECT_EQ(chosen.errors[0].address, peer.endpoints[0]);
    EXPECT_EQ(chosen.errors[0].seed, "db.example:7946");
}

TEST(ChoiceOfAddresses, WithoutAMemberAllAreStrangers) {
    const auto peer = peer_at({"10.0.0.1:7946", "10.0.0.2:7946"});
    const membership::MemberTable no_members{16};
    EXPECT_EQ(strangers_of(peer, no_members), peer.endpoints);
    auto named = peer;
    named.seed.name = "n2";
    EXPECT_EQ(strangers_of(named, no_members), peer.endpoints);
}

}  // namespace
}  // namespace rollcall::agent
