// SPDX-License-Identifier: Apache-2.0
//
// Names that this host knows by itself, names that are none, and name servers that do not answer
// (the thread pool is kept busy). Nothing here asks the network.
#include "transport/resolver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <semaphore>
#include <vector>

#include "recording_core.h"
#include "test_loop.h"

namespace rollcall::transport {
namespace {

using namespace std::chrono_literals;

// Occupies every thread of libuv's pool until released: what a dead name server does.
class BusyPool {
public:
    explicit BusyPool(uv_loop_t& loop) : work_(4) {
        for (uv_work_t& work : work_) {
            work.data = this;
            EXPECT_EQ(uv_queue_work(
                          &loop, &work,
                          [](uv_work_t* w) { static_cast<BusyPool*>(w->data)->gate_.acquire(); },
                          [](uv_work_t* w, int) { ++static_cast<BusyPool*>(w->data)->done_; }),
                      0);
        }
    }
    void release() { gate_.release(static_cast<std::ptrdiff_t>(work_.size())); }
    [[nodiscard]] bool is_done() const { return done_ == work_.size(); }

private:
    std::vector<uv_work_t> work_;
    std::counting_semaphore<64> gate_{0};
    std::size_t done_ = 0;
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

TEST(Resolver, ALiteralIsAnsweredAsItselfButNotInsideTheCall) {
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

TEST(Resolver, ANameThatCannotBeIsAnErrorThatNamesIt) {
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

TEST(Resolver, ASilentNameServerEndsInAnErrorAndDoesNotHoldUpLiterals) {
    TestLoop loop;
    BusyPool pool{loop};
    Resolver resolver{loop, {.timeout = 50ms}};
    Asked name;
    Asked literal;
    const Time asked = clock_now();
    resolver.resolve("localhost", 1, name.store());
    resolver.resolve("127.0.0.1", 1, literal.store());
    ASSERT_TRUE(loop.run_until(literal.is_answered()));
    EXPECT_FALSE(name.answer);
    ASSERT_TRUE(loop.run_until(name.is_answered()));
    EXPECT_GE(clock_now(), asked + 45ms);  // the loop's clock counts whole milliseconds
    ASSERT_FALSE(*name.answer);
    EXPECT_NE(name.answer->error().find("no answer in time"), std::string::npos);
    pool.release();
    EXPECT_TRUE(loop.run_until([&] { return pool.is_done(); }));
}

TEST(Resolver, BeyondTheCapALookUpIsRefusedAndTheOthersGoOn) {
    TestLoop loop;
    BusyPool pool{loop};
    Resolver resolver{loop, {.max_pending = 2}};
    Asked one;
    Asked two;
    Asked three;
    resolver.resolve("localhost", 1, one.store());
    resolver.resolve("localhost", 2, two.store());
    resolver.resolve("localhost", 3, three.store());
    ASSERT_TRUE(loop.run_until(three.is_answered()));
    EXPECT_FALSE(*three.answer);
    EXPECT_FALSE(one.answer || two.answer);
    pool.release();
    ASSERT_TRUE(loop.run_until([&] { return one.answer && two.answer && pool.is_done(); }));
    EXPECT_TRUE(*one.answer);
}

TEST(Resolver, WhatWasCancelledIsNotAnswered) {
    TestLoop loop;
    BusyPool pool{loop};
    Asked asked;
    Asked literal;
    {
        Resolver resolver{loop};
        resolver.cancel(resolver.resolve("localhost", 1, asked.store()));
        resolver.cancel(LookupId{12345});
        EXPECT_EQ(resolver.pending(), 0u);
        resolver.resolve("localhost", 1, asked.store());
        resolver.resolve("127.0.0.1", 1, literal.store());
    }  // destroyed with look-ups under way: cancels them all
    pool.release();
    ASSERT_TRUE(loop.run_until([&] { return pool.is_done(); }));
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
