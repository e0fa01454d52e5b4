// SPDX-License-Identifier: Apache-2.0
#include "agent/running_agent.h"

#include <unistd.h>

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "agent/host/advertise.h"
#include "agent/host/descriptors.h"
#include "agent/host/interface.h"
#include "transport/clock.h"

namespace rollcall::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLastAnswers{500};         // for clients to take what is on its way
constexpr milliseconds kLastWrites = seconds{2};  // for the disk to take what is to be kept
constexpr std::string_view kAgentComponent = "agent";

std::string banner_line(std::string_view name, std::string_view value, bool quoted) {
    std::string line(name.size() < 18 ? 18 - name.size() : 0, ' ');
    line += name;
    line += quoted ? ": '" : ": ";
    line += value;
    line += quoted ? "'\n" : "\n";
    return line;
}

std::vector<std::string> own_environment() {
    std::vector<std::string> variables;
    for (char** variable = environ; *variable != nullptr; ++variable)
        variables.emplace_back(*variable);
    return variables;
}

}  // namespace

RunningAgent::RunningAgent(uv_loop_t& loop, Settings settings, std::unique_ptr<Log> log)
    : loop_{loop}, settings_{std::move(settings)}, log_{std::move(log)}, event_log_{*log_} {}

RunningAgent::~RunningAgent() = default;

std::optional<std::string> RunningAgent::start() {
    started_ = transport::clock_now();
    const DescriptorShares shares = share_descriptors(settings_.descriptors);
    const std::vector<HostAddress> host = host_addresses();
    if (!settings_.interface.empty()) {
        const auto bind = bind_on_interface(settings_.interface, settings_.bind, host);
        if (!bind) return bind.error().to_string();
        settings_.bind = *bind;
    }
    transport::Options options{.bind = settings_.bind};
    options.streams.max_accepted = shares.streams;
    auto sockets = transport::Transport::bind(loop_, options);
    if (!sockets) return sockets.error();
    bound_ = (*sockets)->local();
    address_.emplace(bound_, settings_.advertise, host);
    const Endpoint& advertised = address_->told().endpoint;
    log_->write(Level::info, kAgentComponent, "advertise",
                "telling others to reach us at " + advertised.to_string() + " (" +
                    address_->told().why + ")",
                {{"address", advertised.to_string()}, {"why", address_->told().why}});

    if (!shares.ample()) {
        log_->write(Level::warn, kAgentComponent, "few-descriptors",
                    "only " + std::to_string(settings_.descriptors) + " descriptors: at most " +
                        std::to_string(shares.streams) + " streams of peers and " +
                        std::to_string(shares.rpc_clients) + " control clients at once; " +
                        std::to_string(kAmpleDescriptors) + " are enough for all (ulimit -n)",
                    {{"descriptors", settings_.descriptors},
                     {"streams", shares.streams},
                     {"clients", shares.rpc_clients}});
    }
    // Half of them, as always: the transport holds those that are closing besides.
    membership::Config& core = settings_.serf.membership;
    core.max_streams_accepted = std::min(core.max_streams_accepted, shares.streams / 2);
    settings_.serf.membership.address = advertised.to_wire();
    settings_.serf.membership.port = advertised.port;
    settings_.serf.membership.bind_port = bound_.port;
    core_ = std::make_unique<serf::Serf>(settings_.serf, entropy_, entropy_.seed());
    core_->keyring() = settings_.keyring;
    driver_ = std::make_unique<CoreDriver>(loop_, *core_);
    driver_->on_outbox([this](const serf::Serf::Outbox& out) { told(out); });

    // Clients are heard once the loop runs, when the core is there to answer.
    RpcLimits limits;
    limits.max_connections = shares.rpc_clients;
    rpc_ = std::make_unique<RpcServer>(RpcServer::Parts{.loop = loop_,
                                                        .control = *this,
                                                        .log = *log_,
                                                        .token = settings_.rpc_auth,
                                                        .limits = limits});
    feed_ = std::make_unique<EventFeed>(
        loop_, EventFeed::Listener{
                   .members = [this](const serf::MemberEventGroup& e) { tell_listeners(e); },
                   .user_event = [this](const serf::UserEventReceived& e) { tell_listeners(e); },
                   .query = [this](const serf::QueryReceived& e) { tell_listeners(e); }});
    if (const int error = feed_->begin(); error != 0) return std::string{uv_strerror(error)};
    if (auto error = listen_for_clients()) return error;

    files_ = std::make_unique<FileWriter>(FileWriter::Parts{.loop = loop_, .log = *log_});
    if (const int error = files_->begin(); error != 0) return std::string{uv_strerror(error)};
    handlers_ = std::make_unique<EventHandlers>(EventHandlers::Parts{
        .loop = loop_,
        .log = *log_,
        .self =
            [this] {
                return ScriptSelf{settings_.serf.membership.name, core_->tags()};
            },
        .environment = own_environment(),
        .script_ended = [this] { reap(); }});
    handlers_->replace(settings_.event_handlers, settings_.event_handler_timeout);
    if (auto error = remember()) return error;
    joiner_ = std::make_unique<Joiner>(loop_, *driver_);
    seeds_ = std::make_unique<SeedKeeper>(
        SeedKeeper::Parts{
            .loop = loop_,
            .joiner = *joiner_,
            .log = *log_,
            .strangers = [this](const Joiner::Resolved& seed) { return strangers_of(seed); },
            .is_self = [this](const Endpoint& address) { return address_->is_own(address); },
            .out_of_reach =
                [this](const Endpoint& address) { return address_->out_of_reach(address); },
            .failed =
                [this](const std::string& why) {
                    end_reason_ = why;
                    end_reason_is_logged_ = true;
                    log_->write(Level::err, kAgentComponent, "join-failed", why);
                    stop(1);
                },
            .replay = settings_.replay},
        Seeds{{.join = settings_.join,
               .retry_join = settings_.retry_join,
               .interval = settings_.retry_interval,
               .max_attempts = settings_.retry_max},
              entropy_.seed()});

    if (auto error = watch_signals()) return error;
    if (auto open = driver_->open(std::move(*sockets)); !open) return open.error();
    if (const int error = begin_to_remember(); error != 0) return std::string{uv_strerror(error)};
    if (const int error = seeds_->begin(); error != 0) return std::string{uv_strerror(error)};
    host_watch_ = std::make_unique<HostWatch>(loop_, [this] { host_changed(); });
    if (const int error = host_watch_->begin(); error != 0) return std::string{uv_strerror(error)};
    return {};
}

std::optional<std::string> RunningAgent::listen_for_clients() {
    for (const RpcAddress& wanted : settings_.rpc_addr) {
        const auto listening = rpc_->listen(wanted);
        if (!listening) return listening.error();
        rpc_bound_.push_back(*listening);
        const auto* const endpoint = std::get_if<Endpoint>(&*listening);
        if (endpoint != nullptr && !is_loopback(*endpoint) && settings_.rpc_auth.empty()) {
            log_->write(Level::warn, kAgentComponent, "rpc-open",
                        "whoever reaches " + endpoint->to_string() +
                            " controls this agent: no --rpc-auth is set",
                        {{"address", endpoint->to_string()}});
        }
    }
    return {};
}

std::string RunningAgent::banner() const {
    std::string control;
    for (const RpcAddress& address : rpc_bound_) {
        control += banner_line("RPC addr", to_string(address), true);
    }
    return banner_line("Node name", settings_.serf.membership.name, true) +
           banner_line("Bind addr", bound_.to_string(), true) + control +
           banner_line("Encrypted", settings_.keyring.empty() ? "false" : "true", false) +
           banner_line("Snapshot", settings_.snapshot.empty() ? "false" : "true", false) +
           banner_line("Profile", settings_.profile, false);
}

// Asked for by the format, so it is written whatever level is printed.
void RunningAgent::log_banner() const {
    std::string control;  // as --rpc-addr takes it
    for (const RpcAddress& address : rpc_bound_) {
        if (!control.empty()) control += ',';
        control += to_string(address);
    }
    log_->write(std::max(Level::info, settings_.log_level), kAgentComponent, "started",
                "rollcall agent running",
                {{"node_name", settings_.serf.membership.name},
                 {"bind", bound_.to_string()},
                 {"rpc_addr", control},
                 {"encrypted", !settings_.keyring.empty()},
                 {"snapshot", !settings_.snapshot.empty()},
                 {"profile", settings_.profile}});
}

void RunningAgent::told(const serf::Serf::Outbox& out) {
    event_log_.tell(transport::clock_now(), out, core_->node().members());
    joiner_->tell(out);
    keep_in_mind(out);
    for (const serf::Event& event : out.serf_events()) {
        feed_->offer(event);
        if (!told_of_message(event)) told_of(event);
    }
}

void RunningAgent::told_of(const serf::Event& event) {
    if (const auto* member = std::get_if<serf::MemberEvent>(&event)) {
        if (member->kind == serf::MemberEventKind::failed) seeds_->member_lost();
    } else if (const auto* left = std::get_if<serf::LeaveFinished>(&event)) {
        answer(left->request, "");
        finish_leave();
    } else if (const auto* forced = std::get_if<serf::ForceLeaveFinished>(&event)) {
        answer(forced->request, forced->timed_out ? "timed out broadcasting node removal" : "");
    } else if (const auto* tags = std::get_if<serf::TagsFinished>(&event)) {
        answer(tags->request, tags->timed_out ? "timed out broadcasting the new tags" : "");
    } else if (const auto* vote = std::get_if<serf::NameConflictDecided>(&event)) {
        if (vote->kept || stopping_) return;
        // Without a leave: it would be the other's, who has the name.
        end_reason_ = "another node has the name '" + settings_.serf.membership.name +
                      "', say the others; start this agent with another --node";
        stop(1);
    }
}

// --- the end -------------------------------------------------------------------------------------

void RunningAgent::stop(int exit_code) {
    if (std::exchange(stopping_, true)) return;
    exit_code_ = exit_code;
    log_->write(Level::info, kAgentComponent, "stopping",
                exit_code == 0 ? "stopping" : "stopping, exit code " + std::to_string(exit_code),
                {{"exit_code", exit_code}});
    if (reloader_) reloader_->stop();
    joiner_->stop();
    pieces_open_ = 8 + (snapshot_ ? 2 : 0);
    const auto closed = [this] { piece_closed(); };
    feed_->close(closed);  // before the clients: what is held back is told
    seeds_->close(closed);
    host_watch_->close(closed);
    leave_limit_.close(closed);
    handlers_->close(closed);
    files_->close(kLastWrites, closed);
    if (snapshot_) snapshot_->close(kLastWrites, closed);
    if (rejoiner_) rejoiner_->close(closed);
    rpc_->close(kLastAnswers, closed);
    driver_->close(closed);
}

// The signals last: until then one more must not kill what is being ended in order.
void RunningAgent::piece_closed() {
    if (--pieces_open_ > 0) return;
    if (std::exchange(signals_closing_, true)) {
        ended_ = true;
        return;
    }
    pieces_open_ = static_cast<unsigned>(signals_.size());
    for (Signal& signal : signals_) signal.close([this] { piece_closed(); });
}

}  // namespace rollcall::agent
