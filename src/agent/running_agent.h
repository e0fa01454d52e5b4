// SPDX-License-Identifier: Apache-2.0
//
// A running agent: owns its parts and connects them, all on one borrowed loop, without logic of its
// own. Starts them so that none acts before all exist, and stops them so that waiting clients still
// get their answers. The loop's thread.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/address_keeper.h"
#include "agent/agent_stats.h"
#include "agent/banner.h"
#include "agent/config/config.h"
#include "agent/control/built_in_queries.h"
#include "agent/control/cluster_commands.h"
#include "agent/control/event_delivery.h"
#include "agent/control/server.h"
#include "agent/core_events.h"
#include "agent/doctor/doctor.h"
#include "agent/doctor/view_answers.h"
#include "agent/doctor_figures.h"
#include "agent/files/persistence.h"
#include "agent/host/descriptors.h"
#include "agent/host/entropy.h"
#include "agent/host/loop_lag.h"
#include "agent/host/loop_waker.h"
#include "agent/host/turns.h"
#include "agent/http_side.h"
#include "agent/join/joiner.h"
#include "agent/join/rejoiner.h"
#include "agent/join/seed_keeper.h"
#include "agent/journal/journal.h"
#include "agent/journal/member_names.h"
#include "agent/journal/sightings.h"
#include "agent/metrics/metrics.h"
#include "agent/orphans.h"
#include "agent/reloader.h"
#include "agent/sample_side.h"
#include "agent/scripts/event_handlers.h"
#include "agent/service/service_notifier.h"
#include "agent/shutdown.h"
#include "agent/signal_actions.h"
#include "agent/signal_watch.h"
#include "agent/tls_front/tls_front.h"
#include "rpc/address.h"
#include "transport/work_clock.h"

namespace rollcall::agent {

class RunningAgent {
public:
    RunningAgent(uv_loop_t& loop, Settings settings, std::unique_ptr<Log> log);
    ~RunningAgent();
    RunningAgent(const RunningAgent&) = delete;
    RunningAgent& operator=(const RunningAgent&) = delete;

    // Binds, listens and begins to join. An error is text for the operator; then nothing runs.
    [[nodiscard]] std::optional<std::string> start();
    // Stops without leaving: peers will see a failure.
    void stop(int exit_code);
    // Makes SIGHUP call `load` and apply what can change at run time (agent/reloader.h); otherwise
    // it only reopens the log file. `load` is called on another thread.
    void reload_from(AgentConfig started_with, Reloader::Loader load);
    // Only if the process runs this agent only: reaps orphans, too (agent/orphans.h).
    void reap_orphans_too() { orphans_.enable(); }
    // Before start(): notifies the service manager that started this process.
    void notify(ServiceEnvironment environment) { service_environment_ = std::move(environment); }
    void signal_arrived(int number) { signals_.handle(number); }

    // After start(): commands of an operator. The agent ends automatically after a leave.
    [[nodiscard]] Control& control() { return *commands_; }
    [[nodiscard]] const Control& control() const { return *commands_; }

    [[nodiscard]] const Metrics& metrics() const { return *metrics_; }

    [[nodiscard]] const Endpoint& gossip_endpoint() const { return bound_.gossip; }
    [[nodiscard]] const std::vector<RpcAddress>& rpc_addresses() const { return bound_.rpc; }
    [[nodiscard]] const std::optional<RpcAddress>& http_address() const { return bound_.http; }
    // The summary after the start: names and real ports.
    [[nodiscard]] std::string banner() const { return banner_text(settings_, bound_); }
    void log_banner() const { agent::log_banner(*log_, settings_, bound_); }

    [[nodiscard]] bool ended() const { return shutdown_.ended(); }
    [[nodiscard]] int exit_code() const { return end_.exit_code; }
    // Why it ended on an error; "" otherwise.
    [[nodiscard]] const std::string& end_reason() const { return end_.reason; }
    [[nodiscard]] bool end_reason_is_logged() const { return end_.reason_is_logged; }

private:
    using Error = std::optional<std::string>;  // text for the operator
    using Sockets = std::unique_ptr<transport::Transport>;
    struct End {
        int exit_code = 0;
        std::string reason;
        bool reason_is_logged = false;  // the log has the same text
    };

    // The steps of start().
    [[nodiscard]] Error begin_log();
    [[nodiscard]] Result<Sockets, std::string> bind(const DescriptorShares& shares);
    void make_core(const DescriptorShares& shares);
    void make_control_port(const DescriptorShares& shares);
    void make_tls(const DescriptorShares& shares);
    void admit(FrontMailbox::Arrived client);
    [[nodiscard]] Error make_persistence();
    void make_seeds();
    void make_doctor();
    void connect_parts();
    [[nodiscard]] Error make_http(const DescriptorShares& shares);
    [[nodiscard]] Error begin(Sockets sockets);

    void address_moved(const Endpoint& advertised);
    void leave();
    void end_because(std::string reason, bool logged);

    uv_loop_t& loop_;
    Settings settings_;
    std::unique_ptr<Log> log_;
    LoopWaker log_waker_;
    Journal journal_;
    Sightings sightings_;
    MemberNames names_;
    LoopLag lag_;
    Turns turns_;
    SystemEntropy entropy_;
    transport::MeasuredClock work_clock_;
    Bound bound_;
    std::unique_ptr<AddressKeeper> address_;
    std::unique_ptr<serf::Serf> core_;
    std::unique_ptr<CoreDriver> driver_;
    std::unique_ptr<Joiner> joiner_;
    std::unique_ptr<ClusterCommands> commands_;
    std::unique_ptr<BuiltInQueries> built_in_queries_;
    std::unique_ptr<RpcServer> rpc_;
    std::unique_ptr<EventHandlers> handlers_;
    std::unique_ptr<EventDelivery> delivery_;
    std::unique_ptr<Persistence> persistence_;
    std::unique_ptr<Rejoiner> rejoiner_;  // null: no snapshot
    std::unique_ptr<SeedKeeper> seeds_;
    std::unique_ptr<AgentStats> stats_;
    std::unique_ptr<DoctorFigures> doctor_figures_;
    std::unique_ptr<Doctor> doctor_;
    std::unique_ptr<ViewAnswers> view_answers_;
    std::unique_ptr<Metrics> metrics_;
    std::unique_ptr<CoreEvents> events_;
    std::unique_ptr<SampleSide> samples_;
    std::unique_ptr<HttpSide> http_;
    ServiceEnvironment service_environment_;
    std::unique_ptr<ServiceNotifier> service_;
    std::unique_ptr<TlsFront> tls_;  // null: no tls: address
    OrphanReaper orphans_;
    SignalActions signals_;
    SignalWatch signal_watch_;
    Shutdown shutdown_;
    End end_;

    std::unique_ptr<Reloader> reloader_;  // null: no configuration to reload
};

}  // namespace rollcall::agent
