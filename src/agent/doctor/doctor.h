// SPDX-License-Identifier: Apache-2.0
//
// Examines this agent and, if asked, its link to a peer, for `rollcall doctor`: starts the tests
// (others reach us; the link; the way back; the timings of others), waits for all of them, at most
// a few seconds, and judges what came back (own_checks.h, link_checks.h). A few examinations at
// once. Changes nothing. The loop's thread.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/doctor/back_tests.h"
#include "agent/doctor/incidents.h"
#include "agent/doctor/link_checks.h"
#include "agent/doctor/own_checks.h"
#include "agent/doctor/recent.h"
#include "agent/doctor/seed_trials.h"
#include "agent/session/control.h"
#include "membership/events.h"
#include "transport/resolver.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

class Doctor {
public:
    static constexpr std::size_t kAtOnce = 4;

    struct Parts {
        uv_loop_t& loop;
        CoreDriver& driver;
        const serf::Serf& core;
        Control& control;
        const SeedKeeper& seeds;
        std::uint16_t default_port = 0;
        // All but `now` and what happened lately, which the doctor adds.
        std::function<OwnFigures()> figures;
        std::function<Counters()> counters;
        // Of the wall clock against the steady one.
        std::function<Duration()> clock_drift;
    };
    explicit Doctor(Parts parts);
    ~Doctor();
    Doctor(const Doctor&) = delete;
    Doctor& operator=(const Doctor&) = delete;

    void examine(const std::string& peer, Control::Diagnosed done);
    // The built-in query "doctor" of another agent.
    void asked(const serf::BuiltInQueryReceived& query, BackTests::Reply reply) {
        back_tests_.asked(query, std::move(reply));
    }
    void handle(Time now, const membership::Event& event);
    // No `done` is called any more, and no sample is taken.
    void stop();

private:
    struct Examination;
    using Case = std::shared_ptr<Examination>;

    void find_peer(const Case& patient, const std::string& peer);
    void refuse_unknown(const Case& patient, const std::string& peer, const std::string& why);
    void start(const Case& patient);
    // False: too many tests of links run.
    bool start_test(const membership::LinkTestPlan& plan, SeedTrials::Pinged done);
    void test_link(const Case& patient);
    void look_at_seeds(const Case& patient);
    void ask_peer(const Case& patient);
    void ask_others(const Case& patient);
    void one_done(const Case& patient);
    void judge(const Case& patient);
    void end(const Case& patient, const std::string& error, const rpc::DoctorResponse& result);
    void sample();
    [[nodiscard]] std::vector<std::string> some_others(const std::string& with) const;

    Parts parts_;
    transport::Resolver resolver_;
    SeedTrials seed_trials_;
    BackTests back_tests_;
    Incidents incidents_;
    Recent recent_;
    Time sampled_at_{};
    transport::Timer<Doctor> sampling_;
    std::list<Case> running_;
    std::unordered_map<RequestId, std::function<void(const membership::LinkTested&)>> tests_;
};

}  // namespace rollcall::agent
