// SPDX-License-Identifier: Apache-2.0
//
// A property that must hold in every run, whatever faults are injected. An invariant receives the
// events and messages of a run, compares them with the published rules and reports violations. It
// is exact, since a false alarm is as bad as a miss: the comment at its head lists the exceptions
// that the protocol makes. One thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/time.h"
#include "sim/scenario/judge/disturbances.h"
#include "sim/scenario/judge/ledger.h"
#include "sim/scenario/judge/observer.h"
#include "sim/scenario/judge/outcome.h"
#include "sim/scenario/language/scenario.h"
#include "wire/messages.h"

namespace rollcall::sim {

// What an invariant may read.
struct Scene {
    const ClusterView& view;
    const Scenario& scenario;
    const Ledger& ledger;
    const Disturbances& faults;

    // Of one node: some may be as published.
    [[nodiscard]] const membership::Config& settings_of(std::uint32_t node) const {
        static const membership::Config published = published_lan();
        return std::ranges::binary_search(scenario.published, node) ? published : scenario.profile;
    }
};

// One datagram as it is sent. A node number is 0 if the endpoint belongs to no node of the cluster.
struct SentDatagram {
    std::uint32_t from = 0, to = 0;
    Endpoint to_endpoint;
    Bytes bytes;
};

// One message inside a datagram.
struct SentMessage {
    std::uint32_t from = 0, to = 0;
    Endpoint to_endpoint;
    wire::MessageType type = wire::MessageType::user;
    Bytes body;
};

// Keeps the first few violations of each invariant and counts the rest: a broken core may violate
// one at every step.
class Findings {
public:
    static constexpr unsigned kKeptOfEach = 8;

    void add(Violation violation) {
        ++found_;
        if (++of_[violation.invariant] <= kKeptOfEach) kept_.push_back(std::move(violation));
    }
    [[nodiscard]] const std::vector<Violation>& kept() const { return kept_; }
    [[nodiscard]] std::uint64_t found() const { return found_; }

private:
    std::vector<Violation> kept_;
    std::map<std::string, unsigned> of_;
    std::uint64_t found_ = 0;
};

class Invariant {
public:
    Invariant(std::string_view name, Findings& findings) : name_{name}, findings_{findings} {}
    virtual ~Invariant() = default;
    Invariant(const Invariant&) = delete;
    Invariant& operator=(const Invariant&) = delete;

    [[nodiscard]] std::string_view name() const { return name_; }

    virtual void on_event(const Scene&, const ObservedEvent&) {}
    virtual void on_serf_event(const Scene&, std::uint32_t /*node*/, const serf::Event&) {}
    virtual void on_datagram(const Scene&, const SentDatagram&) {}
    // Not called in an encrypted cluster whose keys are unknown.
    virtual void on_message(const Scene&, const SentMessage&) {}
    virtual void on_step(const Scene&, const Step&) {}
    virtual void on_forged(const Scene&, const Forgery&) {}
    virtual void on_sample(const Scene&) {}
    virtual void on_healed(const Scene&) {}

protected:
    void report(const Scene& scene, std::string what) {
        findings_.add(
            {.at = scene.view.now(), .invariant = std::string{name_}, .what = std::move(what)});
    }

private:
    std::string_view name_;
    Findings& findings_;
};

// T1, F4: a suspicion lasts some of these. With fast verdicts it is the slow track, and takes the
// time that it takes without them.
[[nodiscard]] inline Duration suspicion_unit(const membership::Config& config) {
    return config.fast_verdicts ? std::max<Duration>(config.probe_interval, std::chrono::seconds{1})
                                : config.probe_interval;
}

using InvariantList = std::vector<std::unique_ptr<Invariant>>;

// The whole set, in six files. `findings` is borrowed.
void add_belief_invariants(InvariantList& list, Findings& findings);     // states and incarnations
void add_probe_invariants(InvariantList& list, Findings& findings);      // probes and suspicions
void add_bound_invariants(InvariantList& list, Findings& findings);      // caps and times
void add_agreement_invariants(InvariantList& list, Findings& findings);  // state after the faults
void add_event_invariants(InvariantList& list, Findings& findings);      // user events and queries
void add_key_invariants(InvariantList& list, Findings& findings);        // key rotation
// Instead of most of them, for a scenario with an adversary.
void add_attack_invariants(InvariantList& list, Findings& findings);

}  // namespace rollcall::sim
