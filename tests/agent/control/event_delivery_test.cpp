// SPDX-License-Identifier: Apache-2.0
//
// Events with very many members on their way to clients: in pieces, in order, and none lost at the
// end.
#include "agent/control/event_delivery.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "agent/control/rpc_world.h"

namespace rollcall::agent::tests {
namespace {

class Delivery : public testing::Test {
protected:
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
                                                 .respond = {}}};
    bool closed_ = false;
};

TEST_F(Delivery, VeryManyMembersComeInPiecesAndLaterEventsAfterThem) {
    RawClient& client = follower();
    constexpr int kAtOnce = EventDelivery::kMembersAtOnce;
    join(2 * kAtOnce + 7);
    delivery_.begin();
    close();  // before the events have rested for a second
    EXPECT_EQ(sizes(client, 3), (std::vector<int>{kAtOnce, kAtOnce, 7}));
}

TEST_F(Delivery, TheLoopRunsBetweenThePiecesAndTheOrderIsKept) {
    RawClient& client = follower();
    delivery_.begin();
    constexpr int kAtOnce = EventDelivery::kMembersAtOnce;
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

}  // namespace
}  // namespace rollcall::agent::tests
