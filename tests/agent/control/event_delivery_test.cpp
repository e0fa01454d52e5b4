// SPDX-License-Identifier: Apache-2.0
//
// Events with very many members on their way to clients: in pieces, in order, and none lost at the
// end.
#include "agent/control/event_delivery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "agent/control/rpc_world.h"
#include "agent/host/turns.h"

namespace rollcall::agent::tests {
namespace {

constexpr int kAtOnce = EventDelivery::kMembersAtOnce;

class Delivery : public testing::Test {
protected:
    explicit Delivery(std::size_t most_members = 100 * kAtOnce) : most_members_{most_members} {}
    ~Delivery() override { close(); }
    void close() {
        if (std::exchange(closed_, true)) return;
        bool done = false;
        delivery_.close([&] { done = true; });
        EXPECT_TRUE(world_.until([&] { return done; }));
        scripts_.close([] {});
    }
    void join(int members) {
        for (int i = 0; i < members; ++i) {
            delivery_.offer(serf::MemberEvent{.kind = serf::MemberEventKind::join,
                                              .member = {.name = "n" + std::to_string(i)}});
        }
    }
    // Sizes of the events that the client gets, -1 for a user event.
    std::vector<int> sizes(RawClient& client, std::size_t count) {
        std::vector<int> found;
        for (const Json& object : world_.objects(client, 2 * count)) {
            if (object.contains("Members")) {
                found.push_back(static_cast<int>(object["Members"].size()));
            } else if (object.contains("LTime")) {
                found.push_back(-1);
            }
        }
        return found;
    }
    RawClient& follower() {
        RawClient& client = world_.client();
        client.command("stream", 2, rpc::StreamRequest{.type = "*"});
        EXPECT_EQ(world_.object(client), reply(2));
        return client;
    }

    std::size_t most_members_;
    RpcWorld world_;
    EventHandlers scripts_{EventHandlers::Parts{.loop = world_.loop(),
                                                .log = world_.log(),
                                                .turns = world_.turns(),
                                                .self = [] { return ScriptSelf{}; },
                                                .environment = {}}};
    EventDelivery delivery_{EventDelivery::Parts{.loop = world_.loop(),
                                                 .log = world_.log(),
                                                 .turns = world_.turns(),
                                                 .clients = world_.server(),
                                                 .scripts = scripts_,
                                                 .respond = {},
                                                 .most_members = most_members_}};
    bool closed_ = false;
};

TEST_F(Delivery, VeryManyMembersComeInPiecesAndLaterEventsAfterThem) {
    RawClient& client = follower();
    join(2 * kAtOnce + 7);
    delivery_.begin();
    close();  // before the events have rested for a second
    EXPECT_EQ(sizes(client, 3), (std::vector<int>{kAtOnce, kAtOnce, 7}));
}

TEST_F(Delivery, TheLoopRunsBetweenThePiecesAndTheOrderIsKept) {
    RawClient& client = follower();
    delivery_.begin();
    join(20 * kAtOnce);
    const auto user = [&] {
        delivery_.offer(serf::UserEventReceived{.time = LamportTime{1}, .name = "x"});
    };
    // The user event comes at once; the members rest for a second, and are then in pieces.
    user();
    EXPECT_EQ(sizes(client, 1), std::vector<int>{-1});
    EXPECT_EQ(sizes(client, 1), std::vector<int>{kAtOnce});
    user();
    std::vector<int> rest = sizes(client, 20);
    ASSERT_EQ(rest.size(), 20u);
    EXPECT_EQ(rest.back(), -1) << "it waited for the members before it";
}

// Always waits for its next turn, so that it has one before the delivery has its first.
class MembersWaiting final : public Turns::Client {
public:
    MembersWaiting(Turns& turns, const EventDelivery& delivery)
        : turns_{turns}, delivery_{delivery} {
        turns_.ask(*this);
    }
    ~MembersWaiting() { turns_.forget(*this); }

    [[nodiscard]] std::size_t most() const { return most_; }
    [[nodiscard]] bool take_turn(Time /*end*/) override {
        most_ = std::max(most_, delivery_.members_waiting());
        return true;
    }

private:
    Turns& turns_;
    const EventDelivery& delivery_;
    std::size_t most_ = 0;
};

class CrowdedDelivery : public Delivery {
protected:
    CrowdedDelivery() : Delivery{2 * kAtOnce} {}
};

TEST_F(CrowdedDelivery, SoManyMembersWaitAndTheOrderIsKept) {
    RawClient& client = follower();
    const MembersWaiting waiting{world_.turns(), delivery_};
    delivery_.begin();
    join(20 * kAtOnce);
    EXPECT_TRUE(world_.until([&] { return waiting.most() > 0; }));
    EXPECT_EQ(waiting.most(), std::size_t{2 * kAtOnce});
    delivery_.offer(serf::UserEventReceived{.time = LamportTime{1}, .name = "x"});
    close();
    const std::vector<int> found = sizes(client, 21);
    ASSERT_EQ(found.size(), 21u);
    EXPECT_EQ(found.back(), -1);
}

}  // namespace
}  // namespace rollcall::agent::tests
