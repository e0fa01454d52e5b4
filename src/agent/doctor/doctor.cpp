// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/doctor.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>
#include <variant>

#include "agent/doctor/name_search.h"
#include "agent/doctor/view_checks.h"
#include "base/sanitize.h"
#include "rpc/messages.h"
#include "serf/query_params.h"

namespace rollcall::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Longer than a peer needs to get our question and to test the way back, so that our pings still
// arrive meanwhile.
constexpr Duration kLinkTest = seconds{3};
constexpr Duration kAddressTest = milliseconds{1500};
// A question reaches all within a few rounds of gossip; the peer tests for a second.
constexpr Duration kAskPeer = milliseconds{3500};
constexpr Duration kAskOthers = milliseconds{2000};
constexpr unsigned kRelays = 3;  // an answer that does not come directly comes by others
// Of the other members, so many are asked for their timings.
constexpr std::size_t kSample = 16;
constexpr std::size_t kLongPeerName = 128;
constexpr Duration kLookup = seconds{5};          // of a peer's name
constexpr Duration kWithoutEvents = seconds{60};  // between samples

}  // namespace

// One examination. `waiting` counts the tests and questions that are not finished.
struct Doctor::Examination {
    Control::Diagnosed done;
    bool has_peer = false;
    std::unique_ptr<NameSearch> search;  // for a member with a name like the peer's
    std::string name;                    // of the peer; "": not a member
    Endpoint target;
    unsigned waiting = 0;
    std::optional<membership::LinkTested> by_relays;
    LinkEvidence link;
    std::size_t others_asked = 0;
    std::optional<AgentView> own_view;
    std::vector<AgentView> other_views;
    SeedFindings seeds;
    bool ended = false;
};

Doctor::Doctor(Parts parts)
    : parts_{std::move(parts)},
      resolver_{parts_.loop, {.timeout = kLookup}},
      seed_trials_{{.loop = parts_.loop,
                    .keeper = parts_.seeds,
                    .ping =
                        [this](const Endpoint& target, Duration lasts, SeedTrials::Pinged done) {
                            return start_test({.target = target, .relays = 0, .lasts = lasts},
                                              std::move(done));
                        }}},
      back_tests_{parts_.driver, parts_.core} {
    sampling_.init(*this, parts_.loop);
    sample();
}

Doctor::~Doctor() {
    stop();
}

void Doctor::sample() {
    sampled_at_ = parts_.driver.now();
    recent_.sample(sampled_at_, parts_.clock_drift(), parts_.counters());
    sampling_.start<&Doctor::sample>(kWithoutEvents);
}

void Doctor::stop() {
    sampling_.close();
    tests_.clear();
    for (const Case& patient : running_) {
        patient->ended = true;
        patient->search.reset();
    }
    running_.clear();
}

void Doctor::examine(const std::string& peer, Control::Diagnosed done) {
    const auto patient = std::make_shared<Examination>();
    patient->done = std::move(done);
    running_.push_back(patient);
    if (running_.size() > kAtOnce) {
        return end(patient, std::to_string(kAtOnce) + " examinations run already; try again", {});
    }
    if (peer.empty()) return start(patient);
    patient->has_peer = true;
    find_peer(patient, peer);
}

// A member's name, else an address.
void Doctor::find_peer(const Case& patient, const std::string& peer) {
    if (peer == parts_.core.node().config().name) {
        return end(patient, "'" + sanitized_head(peer, kLongPeerName) + "' is this agent itself",
                   {});
    }
    if (const auto member = parts_.core.member(peer)) {
        const auto endpoint = Endpoint::from_wire(member->address, member->port);
        if (endpoint && endpoint->port != 0) {
            patient->name = member->name;
            patient->target = *endpoint;
            return start(patient);
        }
    }
    const auto place = HostPort::parse(peer, parts_.default_port);
    if (!place) return refuse_unknown(patient, peer, "not HOST, HOST:PORT or [IPV6]:PORT");
    resolver_.resolve(place->host, place->port,
                      [this, patient, peer](transport::Resolver::Answer answer) {
                          if (patient->ended) return;
                          if (!answer) return refuse_unknown(patient, peer, answer.error());
                          patient->target = answer->front();
                          for (const MemberId id : parts_.core.node().members().ids()) {
                              const auto member = parts_.core.node().members().find(id);
                              if (member->is_at(patient->target)) patient->name = member->name();
                          }
                          if (patient->name == parts_.core.node().config().name) {
                              return end(patient, "that address is this agent's own", {});
                          }
                          start(patient);
                      });
}

void Doctor::refuse_unknown(const Case& patient, const std::string& peer, const std::string& why) {
    patient->search = std::make_unique<NameSearch>(
        parts_.loop, parts_.control, peer, [this, patient, peer, why](const std::string& near) {
            std::string text = "no member is named '" + sanitized_head(peer, kLongPeerName) + "'";
            if (!near.empty()) {
                text += " (did you mean '" + sanitized_head(near, kLongPeerName) + "'?)";
            }
            end(patient, text + ", and it is no address: " + why, {});
        });
}

void Doctor::start(const Case& patient) {
    ++patient->waiting;  // until all are started
    const Endpoint ours = parts_.figures().advertised;
    const membership::LinkTestPlan plan{.target = ours,
                                        .name = parts_.core.node().config().name,
                                        .direct = false,
                                        .lasts = kAddressTest};
    ++patient->waiting;
    if (!start_test(plan, [this, patient](const membership::LinkTested& result) {
            patient->by_relays = result;
            one_done(patient);
        })) {
        one_done(patient);
    }
    if (patient->has_peer) {
        test_link(patient);
        ask_peer(patient);
    }
    ask_others(patient);
    look_at_seeds(patient);
    one_done(patient);
}

bool Doctor::start_test(const membership::LinkTestPlan& plan, SeedTrials::Pinged done) {
    const auto request =
        parts_.driver.command([&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
            return core.test_link(now, plan, out);
        });
    if (request) tests_[*request] = std::move(done);
    return request.has_value();
}

void Doctor::look_at_seeds(const Case& patient) {
    if (patient->ended) return;
    ++patient->waiting;
    seed_trials_.look([this, patient](SeedFindings findings) {
        patient->seeds = std::move(findings);
        one_done(patient);
    });
}

void Doctor::test_link(const Case& patient) {
    const membership::LinkTestPlan plan{
        .target = patient->target, .name = patient->name, .relays = kRelays, .lasts = kLinkTest};
    ++patient->waiting;
    if (!start_test(plan, [this, patient](const membership::LinkTested& result) {
            patient->link.ours = result;
            one_done(patient);
        })) {
        end(patient, "too many tests of links run already; try again", {});
    }
}

void Doctor::ask_peer(const Case& patient) {
    if (patient->name.empty() || patient->ended) return;
    patient->link.asked = true;
    const auto on_answer = [patient](const rpc::AnswerRecord& record) {
        if (record.from != patient->name) return;
        if (record.type == "ack") patient->link.received_it = true;
        if (record.type != "response" || !record.payload) return;
        patient->link.theirs = parse_back_report(as_text(*record.payload));
    };
    // In a cluster with fewer members than relays and one, a peer relays nothing at all (rule E6).
    const auto relays = std::min<std::size_t>(kRelays, parts_.core.stats().members - 1);
    ++patient->waiting;
    const auto asked =
        parts_.control.query({.filter_nodes = {patient->name},
                              .request_ack = true,
                              .relay_factor = static_cast<std::uint8_t>(relays),
                              .timeout = kAskPeer.count(),
                              .name = std::string{serf::kBuiltInQuery} + "doctor"},
                             [this, patient, on_answer](const rpc::AnswerRecord& record) {
                                 if (record.type == "done") return one_done(patient);
                                 on_answer(record);
                             });
    if (!asked) one_done(patient);
}

void Doctor::ask_others(const Case& patient) {
    if (patient->ended) return;
    std::vector<std::string> nodes = some_others(patient->name);
    patient->others_asked = nodes.size();
    const std::string own = parts_.core.node().config().name;
    nodes.push_back(own);
    const std::string_view question = "timings";
    ++patient->waiting;
    const auto asked = parts_.control.query(
        {.filter_nodes = std::move(nodes),
         .timeout = kAskOthers.count(),
         .name = std::string{serf::kBuiltInQuery} + "view",
         .payload = std::vector<std::byte>(as_bytes(question).begin(), as_bytes(question).end())},
        [this, patient, own](const rpc::AnswerRecord& record) {
            if (record.type == "done") return one_done(patient);
            if (record.type != "response" || !record.payload) return;
            auto view = parse_view(record.from, as_text(*record.payload));
            if (!view) return;
            if (record.from == own) {
                patient->own_view = std::move(view);
            } else {
                patient->other_views.push_back(std::move(*view));
            }
        });
    if (!asked) one_done(patient);
}

// The peer, and other members that are up: others each time.
std::vector<std::string> Doctor::some_others(const std::string& with) const {
    std::vector<std::string> names;
    std::size_t bytes = 0;
    const std::size_t most = parts_.core.node().config().packet_size / 3;  // of the question
    const auto& own = parts_.core.node().config().name;
    if (!with.empty()) names.push_back(with);
    const membership::MemberTable& table = parts_.core.node().members();
    const auto all = table.ids();
    const auto start =
        static_cast<std::size_t>(parts_.driver.now().time_since_epoch() / milliseconds{1});
    for (std::size_t i = 0; i < all.size() && names.size() < kSample; ++i) {
        const auto member = table.find(all[(start + i) % all.size()]);
        const std::string_view name = member->name();
        if (!member->is_live() || name == own || name == with) continue;
        bytes += name.size() + 4;
        if (bytes > most) break;
        names.emplace_back(name);
    }
    return names;
}

void Doctor::handle(Time now, const membership::Event& event) {
    incidents_.handle(now, event);
    // Probes end all the time, so an idle agent is not woken for samples.
    if (sampling_ && now - sampled_at_ >= Recent::kEvery) sample();
    const auto* const result = std::get_if<membership::LinkTested>(&event);
    if (result == nullptr || back_tests_.handle(*result)) return;
    auto test = tests_.extract(result->request);
    if (!test.empty()) test.mapped()(*result);
}

void Doctor::one_done(const Case& patient) {
    if (--patient->waiting == 0 && !patient->ended) judge(patient);
}

void Doctor::judge(const Case& patient) {
    Findings findings;
    sample();
    const Time now = parts_.driver.now();
    OwnFigures figures = parts_.figures();
    figures.now = now;
    figures.incidents = incidents_.since(now - kRecent);
    figures.seeds = std::move(patient->seeds);
    figures.lately = recent_.growth();
    figures.lately_span = recent_.span();
    figures.clock_step = recent_.largest_step();
    figures.clock_steps = recent_.steps();
    check_own(figures, findings);
    if (patient->by_relays) check_advertised(figures, *patient->by_relays, findings);
    if (patient->own_view) {
        check_views(*patient->own_view, patient->other_views, patient->others_asked, findings);
    }
    if (patient->has_peer) {
        const membership::Config& config = parts_.core.node().config();
        LinkEvidence& link = patient->link;
        if (!patient->name.empty()) {
            link.member = parts_.core.member(patient->name);
            if (const auto detail = parts_.control.detail_of(patient->name)) {
                link.state = detail->state;
            }
        }
        for (const Incident& incident : figures.incidents) {
            const Endpoint& from = incident.from;
            const bool same_port = from.port == 0 || from.port == link.ours.target.port;
            if (from.ip == link.ours.target.ip && same_port) link.incidents.push_back(incident);
        }
        link.encrypted = parts_.core.node().encrypts();
        link.label = config.layers.label;
        link.versions = config.versions;
        link.advertised = figures.advertised.to_string();
        check_link(link, findings);
    }
    const rpc::DoctorResponse response{.findings = findings.take()};
    end(patient, "", response);
}

void Doctor::end(const Case& patient, const std::string& error, const rpc::DoctorResponse& result) {
    if (std::exchange(patient->ended, true)) return;
    patient->search.reset();
    std::erase(running_, patient);
    patient->done(error, result);
}

}  // namespace rollcall::agent
