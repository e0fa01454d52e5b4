// SPDX-License-Identifier: Apache-2.0
//
// One promise that must hold in every run, whatever is done to the cluster. It listens, compares
// what it hears with the published rules, and says where they were broken. An invariant is exact: a
// false alarm is as bad as a miss, so each says at its head which exceptions the protocol itself
// makes. One thread.
#pragma once

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

// What an invariant may look at.
struct Scene {
    const ClusterView& view;
    const Scenario& scenario;
    const Ledger& ledger;
    const Disturbances& faults;
};

// One datagram as it leaves. Numbers of nodes are 0 where nobody of the cluster is there.
struct Sent {
    std::uint32_t from = 0, to = 0;
    Endpoint to_endpoint;
    Bytes bytes;
};

// One message inside a datagram.
struct Said {
    std::uint32_t from = 0, to = 0;
    Endpoint to_endpoint;
    wire::MessageType type = wire::MessageType::user;
    Bytes body;
};

// Keeps the first few violations of each promise and counts the rest: a broken core breaks one at
// every step.
class Findings {
public:
    static constexpr unsigned kKeptOfEach = 8;

    void add(Violation violation) {
        ++found_;
        if (++of_[violation.promise] <= kKeptOfEach) kept_.push_back(std::move(violation));
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

    virtual void told(const Scene&, const Told&) {}
    virtual void serf_told(const Scene&, std::uint32_t /*node*/, const serf::Event&) {}
    virtual void sent(const Scene&, const Sent&) {}
    // Not in an encrypted cluster: nobody but its members can read it.
    virtual void said(const Scene&, const Said&) {}
    virtual void stepped(const Scene&, const Step&) {}
    virtual void sampled(const Scene&) {}
    virtual void healed(const Scene&) {}

protected:
    void broken(const Scene& scene, std::string what) {
        findings_.add(
            {.at = scene.view.now(), .promise = std::string{name_}, .what = std::move(what)});
    }

private:
    std::string_view name_;
    Findings& findings_;
};

using InvariantList = std::vector<std::unique_ptr<Invariant>>;

// The whole set, in six files. `findings` is borrowed.
void add_belief_invariants(InvariantList& list, Findings& findings);     // what is believed of whom
void add_probe_invariants(InvariantList& list, Findings& findings);      // who accuses whom, when
void add_bound_invariants(InvariantList& list, Findings& findings);      // caps and times
void add_agreement_invariants(InvariantList& list, Findings& findings);  // what is left afterwards
void add_news_invariants(InvariantList& list, Findings& findings);       // events and queries
void add_key_invariants(InvariantList& list, Findings& findings);        // keys that are replaced

}  // namespace rollcall::sim
