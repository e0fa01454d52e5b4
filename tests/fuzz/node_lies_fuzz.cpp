// SPDX-License-Identifier: Apache-2.0
//
// Three whole Serf agents in virtual time, and an attacker among them who sends well-formed lies,
// chosen by the fuzzer's bytes (liar.h). Promises: nothing crashes; all tables and queues stay
// within their bounds; no agent is told to end; and some minutes after the last lie every agent
// holds every other one alive and takes its user events, its tags, its leave and its return.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fuzz_input.h"
#include "liar.h"
#include "serf/serf.h"
#include "sim/cluster/serf_traits.h"

namespace {

using namespace rollcall;
using namespace rollcall::fuzz;
using namespace std::chrono_literals;
using Cluster = sim::SimCluster<serf::Serf>;

constexpr std::size_t kMaxMembers = 32, kMaxQueue = 128, kMaxIntents = 16, kMaxOpen = 16;
constexpr std::size_t kMostLies = 300;
constexpr Duration kLongestAttack = 5min;
constexpr Duration kQuiet = 5min;

Cluster::Options options() {
    return {.nodes = kHonest,
            .seed = 1,
            .keep_story = false,
            .tweak = [](serf::Config& config, unsigned) {
                config.membership.max_members = kMaxMembers;
                config.max_queue_depth = kMaxQueue;
                config.max_recent_intents = kMaxIntents;
                config.max_open_queries = kMaxOpen;
                config.max_buffered_bytes = 65536;
            }};
}

class UnderAttack {
public:
    explicit UnderAttack(FuzzInput in) : in_{in} {
        cluster_.start_joined();
        cluster_.add_stranger(kLiar);
        for (const auto& node : cluster_.nodes()) {
            honest_.push_back(node->endpoint());
            listen(*node);
        }
    }
    void attack() {
        const Time end = cluster_.now() + kLongestAttack;
        for (std::size_t i = 0; i < kMostLies && !in_.empty() && cluster_.now() < end; ++i) {
            act();
            check_bounds();
        }
    }
    void check_promises() {
        cluster_.run_for(kQuiet);
        for (const auto& node : cluster_.nodes()) check_alive(node->name());
        check_events();
        check_tags();
        check_leave_and_return();
        check_bounds();
    }

private:
    using Node = Cluster::Node;
    static inline const Endpoint kLiar = *Endpoint::parse_address("10.66.66.66", 7946);

    Node& node(std::size_t number) { return *cluster_.nodes()[number]; }

    void act() {
        const std::uint8_t what = in_.byte();
        const std::size_t who = in_.below(kHonest);
        Liar liar{in_, honest_, kLiar};
        switch (what % 8) {
            case 0:
                return cluster_.run_for(std::chrono::milliseconds{100} * (1 + in_.byte()));
            case 1:
                return push_pull(node(who), liar.push_pull(node(who).core()));
            case 2:
                return honest_act(who);
            default:
                break;
        }
        const Buffer packet = liar.packet(node(who).core());
        const Endpoint from = in_.flag() ? kLiar : honest_[in_.below(kHonest)];
        node(who).command([&](serf::Serf& serf, Time now, serf::Serf::Outbox& out) {
            serf.handle_packet(now, from, packet, out);
        });
    }
    // Not over the simulated streams: its answer goes nowhere.
    void push_pull(Node& to, const Buffer& bytes) {
        const StreamId id{StreamId::kAcceptedBit | (std::uint64_t{1} << 40) | ++streams_};
        serf::Serf::Outbox out;
        const Time now = to.clock().now();
        to.core().handle_stream_accepted(now, id, kLiar, out);
        to.core().handle_stream_data(now, id, bytes, out);
        to.core().handle_stream_closed(now, id, membership::StreamEnd::finished, out);
        note(to, out);
        to.driver().set_alarm();
    }
    void honest_act(std::size_t who) {
        switch (in_.byte() % 3) {
            case 0:
                return send_event(node(who), "deploy");
            case 1:
                return set_tag(node(who), std::to_string(in_.byte()));
            default:
                node(who).restart();
                node(who).join(honest_[(who + 1) % kHonest]);
                listen(node(who));
        }
    }
    static void send_event(Node& from, const std::string& name) {
        from.command([&](serf::Serf& serf, Time now, serf::Serf::Outbox& out) {
            FUZZ_CHECK(!serf.user_event(now, name, {}, false, out));
        });
    }
    static void set_tag(Node& of, const std::string& value) {
        of.command([&](serf::Serf& serf, Time now, serf::Serf::Outbox& out) {
            FUZZ_CHECK(serf.set_tags(now, {{"role", value}}, out).ok());
        });
    }

    void listen(Node& node) {
        node.driver().set_outbox_listener(
            [this, &node](const serf::Serf::Outbox& out) { note(node, out); });
    }
    void note(const Node& node, const serf::Serf::Outbox& out) {
        for (const serf::Event& event : out.serf_events()) {
            if (const auto* received = std::get_if<serf::UserEventReceived>(&event)) {
                received_[node.name()].insert(received->name);
            }
            const auto* decided = std::get_if<serf::NameConflictDecided>(&event);
            FUZZ_CHECK(decided == nullptr || decided->kept);
        }
    }

    void check_bounds() {
        for (const auto& node : cluster_.nodes()) {
            const serf::Stats stats = node->core().stats();
            FUZZ_CHECK(node->node().members().size() <= kMaxMembers);
            FUZZ_CHECK(stats.members <= kMaxMembers + kNames.size());
            FUZZ_CHECK(stats.intent_queue <= kMaxQueue);
            FUZZ_CHECK(stats.event_queue <= kMaxQueue);
            FUZZ_CHECK(stats.query_queue <= kMaxQueue);
            FUZZ_CHECK(stats.recent_intents <= kMaxIntents);
            FUZZ_CHECK(stats.queries_open <= kMaxOpen);
            FUZZ_CHECK(node->node().self_member().name() == node->name());
            FUZZ_CHECK(node->node().self_member().state == membership::State::alive);
            FUZZ_CHECK(node->core().life() == serf::LifeState::alive);
        }
    }
    void check_alive(std::string_view name) {
        FUZZ_CHECK(cluster_.others_see(name, membership::State::alive));
        FUZZ_CHECK(cluster_.others_see(name, serf::Status::alive));
    }
    void check_events() {
        for (const auto& node : cluster_.nodes()) send_event(*node, "from-" + node->name());
        cluster_.run_for(20s);
        for (const auto& to : cluster_.nodes()) {
            for (const auto& from : cluster_.nodes()) {
                FUZZ_CHECK(received_[to->name()].contains("from-" + from->name()));
            }
        }
    }
    void check_tags() {
        for (const auto& node : cluster_.nodes()) set_tag(*node, "tag-of-" + node->name());
        cluster_.run_for(60s);
        for (const auto& to : cluster_.nodes()) {
            for (const auto& from : cluster_.nodes()) {
                const auto member = to->core().member(from->name());
                FUZZ_CHECK(member);
                FUZZ_CHECK(member->tags.at("role") == "tag-of-" + from->name());
            }
        }
    }
    // Its leave intent counts, and so does the join intent of its next life.
    void check_leave_and_return() {
        Node& leaver = node(2);
        leaver.leave();
        cluster_.run_for(15s);
        leaver.kill();
        cluster_.run_for(45s);
        FUZZ_CHECK(cluster_.others_see(leaver.name(), serf::Status::left));
        leaver.start();
        leaver.join(honest_[0]);
        listen(leaver);
        cluster_.run_for(60s);
        for (const auto& node : cluster_.nodes()) check_alive(node->name());
        send_event(leaver, "back");
        cluster_.run_for(20s);
        for (const auto& to : cluster_.nodes()) FUZZ_CHECK(received_[to->name()].contains("back"));
    }

    FuzzInput in_;
    Cluster cluster_{options()};
    std::vector<Endpoint> honest_;
    std::map<std::string, std::set<std::string>, std::less<>> received_;  // user events
    std::uint64_t streams_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    UnderAttack cluster{FuzzInput{data, size}};
    cluster.attack();
    cluster.check_promises();
    return 0;
}
