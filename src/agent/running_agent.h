// SPDX-License-Identifier: Apache-2.0
//
// The agent while it runs: owns the core, its driver, the control protocol's server, the seeds and
// the signals, all on one borrowed loop; and answers the control protocol. Starts in an order in
// which nothing speaks before it is whole, stops in an order in which whoever waits for an answer
// still gets it. The loop's thread.
#pragma once

#include <uv.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/config/config.h"
#include "agent/control/control.h"
#include "agent/control/event_feed.h"
#include "agent/control/server.h"
#include "agent/files/file_writer.h"
#include "agent/files/snapshot_file.h"
#include "agent/host/entropy.h"
#include "agent/host/own_address.h"
#include "agent/host/watch.h"
#include "agent/join/joiner.h"
#include "agent/join/rejoiner.h"
#include "agent/join/seed_keeper.h"
#include "agent/log/event_log.h"
#include "agent/reloader.h"
#include "agent/scripts/event_handlers.h"
#include "agent/signals.h"
#include "rpc/address.h"
#include "transport/uv_handle.h"

namespace rollcall::agent {

class RunningAgent final : public Control {
public:
    RunningAgent(uv_loop_t& loop, Settings settings, std::unique_ptr<Log> log);
    ~RunningAgent() override;

    // Binds, listens and begins to join. An error is text for the operator; then nothing runs.
    [[nodiscard]] std::optional<std::string> start();
    // The lines that say what came of the settings: names and real ports.
    [[nodiscard]] std::string banner() const;
    void log_banner() const;  // the same as a record of the log
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] int exit_code() const { return exit_code_; }
    // Why it ended on its own account; "" otherwise.
    [[nodiscard]] const std::string& end_reason() const { return end_reason_; }
    [[nodiscard]] bool end_reason_is_logged() const { return end_reason_is_logged_; }
    [[nodiscard]] const Endpoint& gossip_endpoint() const { return bound_; }
    [[nodiscard]] const std::vector<RpcAddress>& rpc_addresses() const { return rpc_bound_; }

    void signal_arrived(int number);
    // The process is this agent's alone: it takes the exit status of children that nobody else
    // waits for (agent/orphans.h).
    void reap_orphans_too() { reaps_ = true; }
    // SIGHUP calls `load` and takes what can change while running (agent/reloader.h).
    // Without this call it only opens the log file anew. `load` is called on another thread.
    void reload_from(AgentConfig started_with, Reloader::Loader load);
    // Ends without leaving: peers will see a failure.
    void stop(int exit_code);

    // --- Control -------------------------------------------------------------------------------
    [[nodiscard]] std::vector<serf::MemberRecord> members() const override;
    [[nodiscard]] serf::Tags tags() const override;
    [[nodiscard]] rpc::Stats stats() const override;
    [[nodiscard]] Result<std::optional<serf::Coordinate>, std::string> coordinate_of(
        const std::string& node) const override;
    void join(std::vector<std::string> peers, bool replay, Joined done) override;
    void leave(Done done) override;
    void force_leave(std::string node, bool prune, Done done) override;
    void set_tags(serf::Tags tags, Done done) override;
    // agent_messages.cpp
    [[nodiscard]] std::string user_event(const std::string& name, Bytes payload,
                                         bool coalesce) override;
    [[nodiscard]] Result<RequestId, std::string> query(const rpc::QueryRequest& asked,
                                                       Heard heard) override;
    void forget_query(RequestId query) override;
    [[nodiscard]] std::optional<serf::SayError> respond(serf::QueryHandle query,
                                                        Bytes payload) override;
    void change_keys(serf::KeyCommand command, const std::string& key, KeysDone done) override;

private:
    using Signal = transport::UvHandle<uv_signal_t, RunningAgent>;
    using Timer = transport::UvHandle<uv_timer_t, RunningAgent>;

    [[nodiscard]] std::optional<std::string> listen_for_clients();
    // agent_signals.cpp
    [[nodiscard]] std::optional<std::string> watch_signals();
    void report();
    void reap();
    void told(const serf::Serf::Outbox& out);
    [[nodiscard]] std::optional<std::string> remember();
    [[nodiscard]] int begin_to_remember();
    void keep_in_mind(const serf::Serf::Outbox& out);
    [[nodiscard]] serf::LastSeen last_seen() const;
    void reload();
    void told_of(const serf::Event& event);
    // agent_messages.cpp: what comes of queries and key commands, and whom events are told.
    void tell_listeners(const serf::MemberEventGroup& event);
    void tell_listeners(const serf::UserEventReceived& event);
    void tell_listeners(const serf::QueryReceived& event);
    bool told_of_message(const serf::Event& event);
    void hear(RequestId query, const rpc::AnswerRecord& record);
    void keep_keyring(std::uint64_t change);
    void keyring_saved(std::uint64_t change, const std::string& error);
    void leave_for(int signal);
    void leave_took_too_long();
    void finish_leave();
    void piece_closed();
    // Runs the command, and keeps `done` for the event that ends it under the request's number.
    // False when the core refused it, which `done` has heard.
    template <class Command>
    bool command(Done done, Command&& run);
    void answer(RequestId request, const std::string& error);
    [[nodiscard]] std::vector<Endpoint> strangers_of(const Joiner::Resolved& seed) const;
    // agent_address.cpp
    void host_changed();
    void address_moved(const Endpoint& before);
    void address_lost();
    [[nodiscard]] Joiner::Chosen peers_to_ask(const Joiner::Resolved& peer) const;
    [[nodiscard]] rpc::StringMap own_stats() const;
    [[nodiscard]] rpc::StringMap handler_stats() const;

    uv_loop_t& loop_;
    Settings settings_;
    std::unique_ptr<Log> log_;
    EventLog event_log_;
    SystemEntropy entropy_;
    std::unique_ptr<serf::Serf> core_;
    std::unique_ptr<CoreDriver> driver_;
    std::unique_ptr<Joiner> joiner_;
    std::unique_ptr<SeedKeeper> seeds_;
    std::unique_ptr<HostWatch> host_watch_;
    std::unique_ptr<RpcServer> rpc_;
    std::unique_ptr<FileWriter> files_;
    std::unique_ptr<EventHandlers> handlers_;
    std::unique_ptr<SnapshotFile> snapshot_;  // both or neither
    std::unique_ptr<Rejoiner> rejoiner_;
    std::unique_ptr<EventFeed> feed_;
    std::array<Signal, kWatchedSignals> signals_;
    Timer leave_limit_;
    std::unique_ptr<Reloader> reloader_;

    Endpoint bound_;
    std::optional<OwnAddress> address_;  // once we are bound
    std::vector<RpcAddress> rpc_bound_;
    Time started_{};
    std::unordered_map<RequestId, Done> waiting_;
    std::unordered_map<RequestId, Heard> queries_;
    std::unordered_map<RequestId, KeysDone> key_commands_;
    bool interrupted_ = false;  // leaving because of a signal
    bool stopping_ = false;
    bool ended_ = false;
    unsigned pieces_open_ = 0;
    bool signals_closing_ = false;
    bool reaps_ = false;
    std::uint64_t reaped_ = 0;
    LineGate cpu_limit_{std::chrono::minutes{1}};
    int exit_code_ = 0;
    std::string end_reason_;
    bool end_reason_is_logged_ = false;  // in the same words
};

}  // namespace rollcall::agent
