// SPDX-License-Identifier: Apache-2.0
//
// Rule L6: a change of the timings that undoes itself.
#include "serf/tuning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "serf/lone.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::SizeIs;
using wire::Encryption;

constexpr Time kTuneStart{1000s};

Config plain_config() {
    Config config;
    config.membership.name = "a";
    config.membership.address = at(7946).to_wire();
    return config;
}

// The machine, and the settings that its owner changes for it.
struct Tuned {
    Config config = plain_config();
    Tuning tuning;
    Time now = kTuneStart;

    Tuning::Decision ask(std::string_view text) {
        const auto request = decode_tune_request(text);
        if (!request) {
            ADD_FAILURE() << text << ": " << request.error();
            return {};
        }
        return carried_out(tuning.handle(now, *request, config));
    }
    Tuning::Decision wait(Duration time) {
        now += time;
        return carried_out(tuning.handle_timeout(now, config));
    }
    Tuning::Decision carried_out(Tuning::Decision decision) {
        if (decision.apply) decision.apply->put_into(config.membership);
        return decision;
    }
    [[nodiscard]] Duration interval() const { return config.membership.probe_interval; }
};

TEST(RuleL6, WhatIsPreparedIsNotInEffect) {
    Tuned a;
    const auto prepared = a.ask("prepare x1 10s probe-interval=2s gossip-nodes=4");
    EXPECT_TRUE(prepared.accepted);
    EXPECT_EQ(tune_text(prepared.changes), "probe-interval 1s -> 2s, gossip-nodes 3 -> 4");
    EXPECT_EQ(a.interval(), 1s);
    EXPECT_EQ(a.tuning.state(), TuningState::current);
    EXPECT_EQ(a.tuning.next_deadline(), std::nullopt);
    EXPECT_TRUE(a.ask("apply x1").accepted);
    EXPECT_EQ(a.interval(), 2s);
    EXPECT_EQ(a.config.membership.gossip_nodes, 4u);
    EXPECT_EQ(a.tuning.state(), TuningState::tentative);
}

TEST(RuleL6, ItUndoesItselfAtItsDeadlineWithoutAMessage) {
    Tuned a;
    a.ask("prepare x1 10s probe-interval=2s");
    a.now += 5s;  // counts from the moment at which it is applied
    a.ask("apply x1");
    EXPECT_EQ(a.tuning.next_deadline(), kTuneStart + 15s);
    EXPECT_FALSE(a.wait(9900ms).accepted);
    EXPECT_EQ(a.interval(), 2s);
    const auto undone = a.wait(100ms);
    EXPECT_TRUE(undone.accepted);
    EXPECT_EQ(tune_text(undone.changes), "probe-interval 2s -> 1s");
    EXPECT_EQ(a.interval(), 1s);
    EXPECT_EQ(a.tuning.state(), TuningState::current);
    EXPECT_EQ(a.tuning.next_deadline(), std::nullopt);
    EXPECT_TRUE(a.ask("revert x1").accepted);  // what was meant has happened
    EXPECT_FALSE(a.ask("confirm x1").accepted);
}

TEST(RuleL6, AConfirmedChangeStays) {
    Tuned a;
    a.ask("prepare x1 10s probe-interval=2s");
    a.ask("apply x1");
    EXPECT_TRUE(a.ask("confirm x1").accepted);
    EXPECT_TRUE(a.ask("confirm x1").accepted);  // a query may come twice
    EXPECT_FALSE(a.wait(1h).accepted);
    EXPECT_EQ(a.interval(), 2s);
    EXPECT_EQ(a.tuning.state(), TuningState::confirmed);
}

TEST(RuleL6, AChangeIsCheckedAsAWhole) {
    Tuned a;
    // Each alone is allowed.
    const auto refused = a.ask("prepare x1 10s probe-interval=200ms probe-timeout=300ms");
    EXPECT_FALSE(refused.accepted);
    EXPECT_EQ(refused.reason, "probe_timeout: '300ms' is not allowed; allowed: 1ms to 200ms");
    // The other value is one of those that run.
    EXPECT_THAT(a.ask("prepare x1 10s probe-interval=200ms").reason, HasSubstr("probe_timeout"));
    const auto good = a.ask("prepare x1 10s probe-interval=200ms probe-timeout=100ms");
    EXPECT_TRUE(good.accepted);
    EXPECT_EQ(good.note, "");
    const auto doubtful = a.ask("prepare x1 10s probe-interval=200ms probe-timeout=150ms");
    EXPECT_TRUE(doubtful.accepted);
    EXPECT_THAT(doubtful.note, HasSubstr("more than half"));
    EXPECT_THAT(a.ask("prepare x1 10s probe-interval=soon").reason, HasSubstr("a duration"));
    EXPECT_THAT(a.ask("prepare x1 10s port=7").reason, HasSubstr("'port' cannot be tuned"));
    EXPECT_FALSE(a.ask("apply x2").accepted);
    EXPECT_EQ(a.interval(), 1s);
}

TEST(RuleL6, ToApplyAgainChangesNeitherTimingsNorDeadline) {
    Tuned a;
    a.ask("prepare x1 10s probe-interval=2s");
    a.ask("apply x1");
    a.now += 5s;
    const auto again = a.ask("apply x1");
    EXPECT_TRUE(again.accepted);
    EXPECT_FALSE(again.apply);
    EXPECT_EQ(tune_text(again.changes), "probe-interval 1s -> 2s");
    EXPECT_EQ(a.tuning.next_deadline(), kTuneStart + 10s);
}

TEST(RuleL6, APreparedChangeIsDroppedAfterAMinute) {
    Tuned a;
    a.ask("prepare x1 10s probe-interval=2s");
    a.now += 60s;
    EXPECT_FALSE(a.ask("apply x1").accepted);
    EXPECT_EQ(a.interval(), 1s);
}

TEST(RuleL6, OneChangeAtATime) {
    Tuned a;
    a.ask("prepare x1 10s probe-interval=2s");
    EXPECT_THAT(a.ask("prepare x2 10s gossip-nodes=4").reason, HasSubstr("x1 is being prepared"));
    EXPECT_TRUE(a.ask("revert x1").accepted);  // the asker gives up
    EXPECT_TRUE(a.ask("revert x1").accepted);
    EXPECT_THAT(a.ask("prepare x1 10s probe-interval=2s").reason, HasSubstr("was undone"));
    EXPECT_TRUE(a.ask("prepare x2 10s gossip-nodes=4").accepted);
    a.ask("apply x2");
    EXPECT_THAT(a.ask("prepare x3 10s gossip-nodes=5").reason, HasSubstr("x2 is not confirmed"));
    EXPECT_THAT(a.ask("confirm x3").reason, HasSubstr("in effect is x2"));
    EXPECT_THAT(a.ask("revert x3").reason, HasSubstr("in effect is x2"));
}

TEST(RuleL6, ARevertGoesBackToWhatWasBefore) {
    Tuned a;
    a.ask("prepare x1 10s probe-interval=2s");
    a.ask("apply x1");
    a.ask("confirm x1");
    a.ask("prepare x2 10s probe-interval=4s");
    a.ask("apply x2");
    for (int twice = 0; twice < 2; ++twice) {  // a query may come again
        EXPECT_TRUE(a.ask("revert x2").accepted);
        EXPECT_EQ(a.interval(), 2s);
        EXPECT_EQ(a.tuning.state(), TuningState::confirmed);
        EXPECT_EQ(a.tuning.id(), "x1");
    }
    EXPECT_TRUE(a.ask("revert x1").accepted);
    EXPECT_EQ(a.interval(), 1s);
    EXPECT_EQ(a.tuning.state(), TuningState::current);
    EXPECT_EQ(a.ask("revert x2").reason, "no change is in effect");
}

TEST(RuleL6, AfterTwoConfirmedChangesARevertGoesBackToTheConfiguration) {
    Tuned a;
    for (const std::string id : {"x1", "x2"}) {
        a.ask("prepare " + id + " 10s probe-interval=" + (id == "x1" ? "2s" : "4s"));
        a.ask("apply " + id);
        a.ask("confirm " + id);
    }
    EXPECT_EQ(a.interval(), 4s);
    a.ask("revert x2");
    EXPECT_EQ(a.interval(), 1s);
}

TEST(RuleL6, RequestsThatCannotBeReadHaveAReason) {
    const auto why = [](std::string_view text) {
        const auto request = decode_tune_request(text);
        return request ? "" : request.error();
    };
    EXPECT_THAT(why(""), HasSubstr("unknown"));
    EXPECT_THAT(why("explode x1"), HasSubstr("unknown"));
    for (const char* verb : {"apply", "confirm", "revert"}) {
        EXPECT_THAT(why(verb), HasSubstr("no id"));
    }
    EXPECT_THAT(why("apply a_b"), HasSubstr("letters, digits"));
    EXPECT_THAT(why("apply " + std::string(33, 'a')), HasSubstr("letters, digits"));
    EXPECT_THAT(why("prepare x1 10s"), HasSubstr("nothing to change"));
    EXPECT_THAT(why("prepare x1 900ms a=b"), HasSubstr("allowed: 1s to 24h"));
    EXPECT_THAT(why("prepare x1 25h a=b"), HasSubstr("allowed: 1s to 24h"));
    EXPECT_THAT(why("prepare x1 10s a"), HasSubstr("not KEY=VALUE"));
    EXPECT_THAT(why("prepare x1 10s a=1 a=2"), HasSubstr("twice"));
    std::string long_one = "prepare x1 10s";
    for (int i = 0; i < 100; ++i) long_one += " k" + std::to_string(i) + "=1";
    EXPECT_THAT(why(long_one), HasSubstr("too long"));
}

TEST(RuleL6, AnAnswerIsReadBackAndFitsItsRoom) {
    TuneAnswer answer{
        .accepted = true,
        .reason = "one\ntwo: three",
        .note = "a doubt",
        .state = "tentative",
        .id = "x1",
        .left = 90s,
        .fingerprint = "0123abcd",
        .changes = {{"probe-interval", "1s", "2s"}},
        .values = tune_values(membership::TimingSettings::of(membership::Config::lan()))};
    const auto read = decode_tune_answer(encode_tune_answer(answer, 4096));
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->accepted);
    EXPECT_EQ(read->reason, "one?two: three");
    EXPECT_EQ(read->note, "a doubt");
    EXPECT_EQ(read->left, 90s);
    EXPECT_EQ(read->changes, answer.changes);
    EXPECT_EQ(read->values, answer.values);
    for (const std::size_t room : {20u, 100u, 200u, 400u}) {
        const std::string cut = encode_tune_answer(answer, room);
        EXPECT_LE(cut.size(), room);
        EXPECT_TRUE(decode_tune_answer(cut));
    }
    EXPECT_EQ(decode_tune_answer("no such thing"), std::nullopt);
}

TEST(TuneValues, EqualTimingsHaveEqualFingerprints) {
    using membership::Config;
    auto timing = membership::TimingSettings::of(Config::lan());
    const std::string lan = tune_fingerprint(timing);
    EXPECT_EQ(lan, "d615e11c");  // pinned: members of different versions compare it
    EXPECT_NE(tune_fingerprint(membership::TimingSettings::of(Config::fast())), lan);
    timing.gossip_nodes = 4;
    EXPECT_NE(tune_fingerprint(timing), lan);
    timing.gossip_nodes = 3;
    EXPECT_EQ(tune_fingerprint(timing), lan);
}

TEST(TuneValues, EveryValueIsReadBack) {
    const auto fast = membership::TimingSettings::of(membership::Config::fast());
    auto timing = membership::TimingSettings::of(membership::Config::wan());
    for (const auto& [key, value] : tune_values(fast)) {
        EXPECT_EQ(set_tune_value(timing, key, value), std::nullopt) << key;
    }
    EXPECT_EQ(tune_values(timing), tune_values(fast));
}

// --- in a Serf -----------------------------------------------------------------------------------

constexpr std::uint16_t kTuneAsker = 8100;
constexpr Encryption kNoKey = Encryption::off;

struct TunedSerf {
    explicit TunedSerf(bool allowed = true, Encryption encryption = Encryption::require)
        : a{[&](Config& config) {
              config.allow_tuning = allowed;
              config.membership.layers.encryption = encryption;
          }} {
        if (encryption != kNoKey) a.use_key(Buffer(16, std::byte{1}));
    }
    // Of another member.
    TuneAnswer by_query(std::string_view text) {
        a.deliver(Query{.time = lt(++queries_),
                        .id = 7,
                        .address = at(kTuneAsker).to_wire(),
                        .port = kTuneAsker,
                        .source_node = "asker",
                        .timeout = 2s,
                        .name = "_serf_rollcall_tune",
                        .payload = as_bytes(text)});
        for (const DirectMessage& sent : a.direct_messages) {
            if (sent.to != at(kTuneAsker)) continue;
            const auto response = decode_query_response(Bytes{sent.message}.subspan(1));
            if (!response || response->time != lt(queries_)) continue;
            return decode_tune_answer(as_text(response->payload.value_or(Bytes{})))
                .value_or(TuneAnswer{});
        }
        ADD_FAILURE() << text << ": no answer";
        return {};
    }
    TuneAnswer by_own_query(std::string_view text) {
        EXPECT_TRUE(a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
            return bool{
                serf.query(now, {.name = "_serf_rollcall_tune", .payload = as_bytes(text)}, out)};
        }));
        return decode_tune_answer(as_text(a.events_of<QueryAnswered>().at(0).payload))
            .value_or(TuneAnswer{});
    }
    TuneAnswer by_command(std::string_view text) {
        return decode_tune_answer(a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
                   return serf.tune(now, text, out);
               }))
            .value_or(TuneAnswer{});
    }
    Lone a;

private:
    std::uint64_t queries_ = 0;
};

TEST(RuleL6, OtherMembersNeedPermissionAndEncryption) {
    const std::string prepare = "prepare x1 10s probe-interval=2s";
    EXPECT_TRUE(TunedSerf{}.by_query(prepare).accepted);
    EXPECT_THAT(TunedSerf{false}.by_query(prepare).reason, HasSubstr("--allow-tuning"));
    for (const Encryption weak : {kNoKey, Encryption::send}) {
        EXPECT_THAT((TunedSerf{true, weak}.by_query(prepare).reason), HasSubstr("not encrypted"));
    }
    EXPECT_THAT((TunedSerf{false, kNoKey}.by_query("show").values), SizeIs(14));
}

TEST(RuleL6, TheOperatorOfThisAgentNeedsNeither) {
    const std::string prepare = "prepare x1 10s probe-interval=2s";
    EXPECT_TRUE((TunedSerf{false, kNoKey}.by_command(prepare).accepted));
    // As one of many that the operator asks through this agent.
    EXPECT_TRUE((TunedSerf{false, kNoKey}.by_own_query(prepare).accepted));
}

TEST(RuleL6, TheSerfTakesTheTimingsAndTakesThemBack) {
    TunedSerf t;
    const std::string before = t.a.serf.tuning().fingerprint;
    EXPECT_TRUE(t.by_query("prepare x1 10s probe-interval=2s").accepted);
    const TuneAnswer applied = t.by_query("apply x1");
    EXPECT_TRUE(applied.accepted);
    EXPECT_EQ(applied.left, 10s);
    EXPECT_EQ(t.a.serf.tuning().fingerprint, applied.fingerprint);
    EXPECT_NE(applied.fingerprint, before);
    t.a.advance(9900ms);
    EXPECT_EQ(t.a.serf.tuning().state, TuningState::tentative);
    t.a.advance(200ms);
    EXPECT_EQ(t.a.serf.tuning().state, TuningState::current);
    EXPECT_EQ(t.a.serf.tuning().fingerprint, before);
    std::vector<TimingsTuned::What> told;
    for (const auto& event : t.a.events_of<TimingsTuned>()) told.push_back(event.what);
    EXPECT_THAT(told,
                testing::ElementsAre(TimingsTuned::What::applied, TimingsTuned::What::expired));
    EXPECT_EQ(t.a.serf.stats().tunings_applied, 1u);
    EXPECT_EQ(t.a.serf.stats().tunings_expired, 1u);
}

TEST(RuleL6, AReloadReplacesWhatWasTuned) {
    TunedSerf t;
    t.by_command("prepare x1 10s probe-interval=2s");
    t.by_command("apply x1");
    Config config;
    config.membership.probe_interval = 3s;
    EXPECT_EQ(t.a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
        return serf.reconfigure(now, TimingSettings::of(config), out);
    }),
              std::nullopt);
    const std::string reloaded = t.a.serf.tuning().fingerprint;
    EXPECT_EQ(t.a.serf.tuning().state, TuningState::current);
    t.a.advance(20s);
    EXPECT_EQ(t.a.serf.tuning().fingerprint, reloaded);
}

}  // namespace
}  // namespace rollcall::serf
