// SPDX-License-Identifier: Apache-2.0
//
// Local names, invalid names, and name servers that do not answer (a stand-in for the system's
// resolver hangs). Nothing here uses the network.
#include "transport/resolver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "recording_core.h"
#include "support/test_loop.h"

namespace rollcall::transport {
namespace {

using tests::TestLoop;
using namespace std::chrono_literals;

// Name servers as they may be: a name that begins with "hang" is not answered before release(), any
// other has one address.
class NameServers {
public:
    [[nodiscard]] Resolver::Find find() const {
        return [state = state_](const HostPort& asked) -> Found {
            if (!asked.host.starts_with("hang")) {
                if (asked.host == "many") return {.hosts = {host("hang.in-file"), host("good")}};
                return {.endpoints = {*Endpoint::parse_address("127.0.0.7", asked.port)}};
            }
            std::unique_lock lock{state->mutex};
            ++state->hanging;
            state->changed.wait(lock, [&] { return state->released; });
            return {.error = cannot_resolve(asked.host, "no such name")};
        };
    }
    // How often they were asked for what hangs.
    [[nodiscard]] std::size_t hanging() const {
        const std::lock_guard lock{state_->mutex};
        return state_->hanging;
    }
    ~NameServers() {
        const std::lock_guard lock{state_->mutex};
        state_->released = true;
        state_->changed.notify_all();
    }

private:
    static HostPort host(const char* name) { return {.name = "", .host = name, .port = 7}; }
    // Outlives the test: threads end in their own time.
    struct State {
        std::mutex mutex;
        std::condition_variable changed;
        std::size_t hanging = 0;
        bool released = false;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

struct Asked {
    std::optional<Resolver::Answer> answer;
    Resolver::OnAnswer store() {
        return [this](Resolver::Answer a) { answer = std::move(a); };
    }
    [[nodiscard]] std::function<bool()> is_answered() {
        return [this] { return answer.has_value(); };
    }
};

TEST(Resolver, LiteralIsAnsweredLater) {
    TestLoop loop;
    Resolver resolver{loop};
    for (const std::string text : {"127.0.0.1", "::1", "fe80::1%1"}) {
        Asked asked;
        resolver.resolve(text, 7946, asked.store());
        EXPECT_FALSE(asked.answer);
        ASSERT_TRUE(loop.run_until(asked.is_answered()));
        ASSERT_TRUE(*asked.answer) << asked.answer->error();
        EXPECT_EQ(**asked.answer, std::vector{*Endpoint::parse_address(text, 7946)});
    }
    EXPECT_EQ(resolver.pending(), 0u);
}

TEST(Resolver, ANameGivesItsAddressesEachOnceWithThePort) {
    TestLoop loop;
    Resolver resolver{loop};
    Asked asked;
    resolver.resolve("localhost", 4711, asked.store());
    ASSERT_TRUE(loop.run_until(asked.is_answered()));
    ASSERT_TRUE(*asked.answer) << asked.answer->error();
    std::vector<Endpoint> endpoints = **asked.answer;
    ASSERT_FALSE(endpoints.empty());
    for (const Endpoint& endpoint : endpoints) {
        EXPECT_EQ(endpoint.port, 4711);
        EXPECT_EQ(std::count(endpoints.begin(), endpoints.end(), endpoint), 1);
    }
    EXPECT_TRUE(endpoints[0] == at("127.0.0.1:4711") || endpoints[0] == at("[::1]:4711"));
}

TEST(Resolver, AnAnswerIsCutAtTheCap) {
    TestLoop loop;
    Resolver resolver{loop, {.max_addresses = 1}};
    Asked asked;
    resolver.resolve("localhost", 1, asked.store());
    ASSERT_TRUE(loop.run_until(asked.is_answered()));
    ASSERT_TRUE(*asked.answer);
    EXPECT_EQ((**asked.answer).size(), 1u);
}

TEST(Resolver, InvalidNameIsAnErrorWithTheName) {
    TestLoop loop;
    Resolver resolver{loop};
    for (const std::string& name : {std::string(70, 'a'), std::string(300, 'b'), std::string{}}) {
        Asked asked;
        resolver.resolve(name, 1, asked.store());
        ASSERT_TRUE(loop.run_until(asked.is_answered()));
        ASSERT_FALSE(*asked.answer);
        EXPECT_NE(asked.answer->error().find('"' + name + '"'), std::string::npos);
    }
}

TEST(Resolver, SilentNameServerDoesNotDelayLiterals) {
    TestLoop loop;
    const NameServers servers;
    Resolver resolver{loop, {.timeout = 50ms}, servers.find()};
    Asked name;
    Asked literal;
    const Time asked = clock_now();
    resolver.resolve("hang", 1, name.store());
    resolver.resolve("127.0.0.1", 1, literal.store());
    ASSERT_TRUE(loop.run_until(literal.is_answered()));
    EXPECT_FALSE(name.answer);
    ASSERT_TRUE(loop.run_until(name.is_answered()));
    EXPECT_GE(clock_now(), asked + 45ms);  // the loop's clock counts whole milliseconds
    ASSERT_FALSE(*name.answer);
    EXPECT_EQ(name.answer->error(), "cannot resolve \"hang\": no answer in time");
}

TEST(Resolver, HangingNamesDoNotDelayOthers) {
    TestLoop loop;
    const NameServers servers;
    Resolver resolver{loop, {.max_turns = 4, .patience = 20ms}, servers.find()};
    std::vector<Asked> hanging(20);
    for (std::size_t i = 0; i < hanging.size(); ++i) {
        resolver.resolve("hang" + std::to_string(i), 1, hanging[i].store());
    }
    Asked good;
    resolver.resolve("good", 1, good.store());
    EXPECT_TRUE(loop.stays_quiet(good.is_answered(), 10ms)) << "it waits for its turn";
    EXPECT_LE(servers.hanging(), 4u);
    ASSERT_TRUE(loop.run_until(good.is_answered()));
    EXPECT_TRUE(*good.answer);
    EXPECT_TRUE(std::ranges::none_of(hanging, [](const Asked& a) { return a.answer.has_value(); }));
}

TEST(Resolver, TheDiskDoesNotWaitForNames) {
    TestLoop loop;
    const NameServers servers;
    Resolver resolver{loop, {.patience = 1ms}, servers.find()};
    std::vector<Asked> hanging(20);
    for (std::size_t i = 0; i < hanging.size(); ++i) {
        resolver.resolve("hang" + std::to_string(i), 1, hanging[i].store());
    }
    ASSERT_TRUE(loop.run_until([&] { return servers.hanging() == hanging.size(); }));
    uv_work_t work;
    bool done = false;
    work.data = &done;
    ASSERT_EQ(uv_queue_work(
                  &static_cast<uv_loop_t&>(loop), &work, [](uv_work_t*) {},
                  [](uv_work_t* w, int) { *static_cast<bool*>(w->data) = true; }),
              0);
    EXPECT_TRUE(loop.run_until([&] { return done; }, 2s));
}

TEST(Resolver, HangingNameIsLookedUpOnce) {
    TestLoop loop;
    const NameServers servers;
    Resolver resolver{loop, {.patience = 1ms, .timeout = 30ms}, servers.find()};
    for (int i = 0; i < 3; ++i) {
        Asked asked;
        resolver.resolve("hang", 1, asked.store());
        ASSERT_TRUE(loop.run_until(asked.is_answered()));
        EXPECT_FALSE(*asked.answer);
    }
    EXPECT_EQ(servers.hanging(), 1u);
}

TEST(Resolver, UnstartedLookUpNamesHangingOnes) {
    TestLoop loop;
    const NameServers servers;
    Resolver resolver{loop, {.max_turns = 1, .max_threads = 1, .timeout = 50ms}, servers.find()};
    Asked hanging;
    Asked good;
    resolver.resolve("hang", 1, hanging.store());
    resolver.resolve("good", 1, good.store());
    ASSERT_TRUE(loop.run_until(good.is_answered()));
    ASSERT_FALSE(*good.answer);
    EXPECT_EQ(good.answer->error(),
              "cannot resolve \"good\": look-up not started, since other look-ups hang: hang");
}

TEST(Resolver, HangingHostOfAFileDelaysNoOther) {
    TestLoop loop;
    const NameServers servers;
    Resolver resolver{loop, {.timeout = 300ms}, servers.find()};
    Asked all;
    std::vector<Endpoint> some;
    resolver.resolve("many", 1, all.store(), [&](const std::vector<Endpoint>& s) { some = s; });
    ASSERT_TRUE(loop.run_until([&] { return !some.empty(); }));
    EXPECT_EQ(some, std::vector{at("127.0.0.7:7")});
    EXPECT_FALSE(all.answer);
    ASSERT_TRUE(loop.run_until(all.is_answered()));
    ASSERT_TRUE(*all.answer) << "what is known counts";
    EXPECT_EQ(**all.answer, some);
}

TEST(Resolver, BeyondTheCapALookUpIsRefusedAndTheOthersGoOn) {
    TestLoop loop;
    const NameServers servers;
    Resolver resolver{loop, {.max_pending = 2}, servers.find()};
    Asked one;
    Asked two;
    Asked three;
    resolver.resolve("good", 1, one.store());
    resolver.resolve("hang", 2, two.store());
    resolver.resolve("good", 3, three.store());
    ASSERT_TRUE(loop.run_until([&] { return one.answer && three.answer; }));
    EXPECT_FALSE(*three.answer);
    EXPECT_TRUE(*one.answer);
    EXPECT_FALSE(two.answer);
}

TEST(Resolver, CancelledLookUpIsNotAnswered) {
    TestLoop loop;
    Asked asked;
    Asked literal;
    {
        const NameServers servers;
        Resolver resolver{loop, {}, servers.find()};
        resolver.cancel(resolver.resolve("hang", 1, asked.store()));
        resolver.cancel(LookupId{12345});
        EXPECT_EQ(resolver.pending(), 0u);
        resolver.resolve("hang", 1, asked.store());
        resolver.resolve("127.0.0.1", 1, literal.store());
    }  // destroyed with look-ups under way: cancels them all
    EXPECT_TRUE(loop.stays_quiet([&] { return asked.answer || literal.answer; }, 20ms));
}

TEST(Resolver, AnAnswerMayAskAgainAndMayDestroyTheResolver) {
    TestLoop loop;
    auto resolver = std::make_unique<Resolver>(loop);
    bool done = false;
    resolver->resolve("127.0.0.1", 1, [&](const Resolver::Answer&) {
        resolver->resolve("localhost", 2, [&](const Resolver::Answer&) {
            resolver.reset();
            done = true;
        });
    });
    EXPECT_TRUE(loop.run_until([&] { return done; }));
}

}  // namespace
}  // namespace rollcall::transport
