// SPDX-License-Identifier: Apache-2.0
#include "agent/running_agent.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "agent/config/settings_table.h"
#include "agent/control/why_answer.h"
#include "agent/control_listening.h"
#include "agent/host/advertise.h"
#include "agent/host/interface.h"
#include "agent/join/choice.h"
#include "agent/metrics/tls_metrics.h"
#include "transport/clock.h"

namespace rollcall::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLastAnswers{500};         // for clients to receive pending answers
constexpr milliseconds kLastWrites = seconds{2};  // for pending writes to disk
constexpr std::string_view kAgentComponent = "agent";

void log_few_descriptors(Log& log, std::size_t descriptors, const DescriptorShares& shares) {
    log.write(Level::warn, kAgentComponent, "few-descriptors",
              "only " + std::to_string(descriptors) + " file descriptors: limited to " +
                  std::to_string(shares.streams) + " peer streams and " +
                  std::to_string(shares.rpc_clients) + " control clients; " +
                  std::to_string(kAmpleDescriptors) + " descriptors are enough (ulimit -n)",
              {{"descriptors", descriptors},
               {"streams", shares.streams},
               {"clients", shares.rpc_clients}});
}

}  // namespace

RunningAgent::RunningAgent(uv_loop_t& loop, Settings settings, std::unique_ptr<Log> log)
    : loop_{loop},
      settings_{std::move(settings)},
      log_{std::move(log)},
      lag_{loop_},
      turns_{loop_},
      orphans_{[this](pid_t pid) { return handlers_->waits_for(pid); }},
      signals_{{.loop = loop_,
                .log = *log_,
                .settings = settings_,
                .leave = [this] { leave(); },
                .stop = [this](int exit_code) { stop(exit_code); },
                .reload =
                    [this] {
                        if (reloader_ && !shutdown_.begun()) reloader_->reload();
                    },
                .report = [this] { stats_->write_to_log(); },
                .reap = [this] { orphans_.reap(); }}},
      signal_watch_{loop_, [this](int number) { signal_arrived(number); }} {}

RunningAgent::~RunningAgent() = default;

// --- the start -----------------------------------------------------------------------------------

std::optional<std::string> RunningAgent::start() {
    if (auto error = begin_log()) return error;
    const DescriptorShares shares = share_descriptors(settings_.descriptors);
    auto sockets = bind(shares);
    if (!sockets) return sockets.error();
    if (!shares.ample()) log_few_descriptors(*log_, settings_.descriptors, shares);
    make_core(shares);
    make_control_port(shares);
    make_tls(shares);
    delivery_->begin();
    auto control = listen_for_control(settings_, *rpc_, tls_.get(), *log_);
    if (!control) return control.error();
    bound_.rpc = std::move(*control);
    if (auto error = make_persistence()) return error;
    make_seeds();
    make_doctor();
    connect_parts();
    if (auto error = make_http(shares)) return error;
    return begin(std::move(*sockets));
}

std::optional<std::string> RunningAgent::begin_log() {
    log_->observe([this](const LogEntry& entry) { journal_.add(entry); });
    if (const int error = log_waker_.init(loop_, [this] { log_->report(); }); error != 0) {
        return std::string{"log: "} + uv_strerror(error);
    }
    log_->write_off_loop(log_waker_.from_any_thread());
    return {};
}

Result<RunningAgent::Sockets, std::string> RunningAgent::bind(const DescriptorShares& shares) {
    std::vector<HostAddress> host = host_addresses();
    if (!settings_.interface.empty()) {
        const auto bind = bind_on_interface(settings_.interface, settings_.bind, host);
        if (!bind) return bind.error().to_string();
        settings_.bind = *bind;
    }
    transport::Options options{.bind = settings_.bind};
    options.streams.max_accepted = shares.streams;
    auto sockets = transport::Transport::bind(loop_, options);
    if (!sockets) return sockets.error();
    bound_.gossip = (*sockets)->local();
    address_ = std::make_unique<AddressKeeper>(
        AddressKeeper::Parts{
            .loop = loop_,
            .log = *log_,
            .bound = bound_.gossip,
            .configured = settings_.advertise,
            .moved = [this](const Endpoint& advertised) { address_moved(advertised); }},
        std::move(host));
    return std::move(*sockets);
}

void RunningAgent::make_core(const DescriptorShares& shares) {
    membership::Config& config = settings_.serf.membership;
    // Half of them: the transport also holds streams that are closing.
    config.max_streams_accepted = std::min(config.max_streams_accepted, shares.streams / 2);
    config.address = address_->advertised().to_wire();
    config.port = address_->advertised().port;
    config.bind_port = bound_.gossip.port;
    core_ = std::make_unique<serf::Serf>(settings_.serf, entropy_, entropy_.seed(),
                                         std::shared_ptr<membership::ProfilePool>{}, work_clock_);
    core_->keyring() = settings_.keyring;
    driver_ = std::make_unique<CoreDriver>(loop_, *core_);
    driver_->on_outbox([this](const serf::Serf::Outbox& out) { events_->handle(out); });
    joiner_ = std::make_unique<Joiner>(loop_, *driver_);
}

// Clients are served once the loop runs, when all parts exist.
void RunningAgent::make_control_port(const DescriptorShares& shares) {
    ClusterCommands::Parts commands{
        .driver = *driver_,
        .core = *core_,
        .joiner = *joiner_,
        .log = *log_,
        .journal = journal_,
        .sightings = sightings_,
        .names = names_,
        .serf_layer = settings_.serf.delegate != serf::Delegate::none,
        .default_port = kDefaultGossipPort,
        .stats = [this] { return stats_->collect(); },
        .out_of_reach = [this](const Endpoint& at) { return address_->out_of_reach(at); },
        .save_tags = {},
        .diagnose = [this](const std::string& peer,
                           Control::Diagnosed done) { doctor_->examine(peer, std::move(done)); }};
    if (!settings_.tags_file.empty()) {
        commands.save_tags = [this](Control::Done done) {
            persistence_->save_tags(std::move(done));
        };
    }
    commands_ = std::make_unique<ClusterCommands>(std::move(commands));
    built_in_queries_ =
        std::make_unique<BuiltInQueries>([this](serf::QueryHandle query, Bytes answer) {
            static_cast<void>(commands_->respond(query, answer));
        });
    built_in_queries_->add(
        std::string{kWhyQuery},
        [this, room = why_answer_room(settings_.serf.query_response_size_limit,
                                      settings_.serf.membership.name)](Bytes payload) {
            return why_answer(*commands_, as_text(payload), room, std::chrono::system_clock::now());
        });
    RpcLimits limits;
    limits.max_connections = shares.rpc_clients;
    rpc_ = std::make_unique<RpcServer>(RpcServer::Parts{.loop = loop_,
                                                        .control = *commands_,
                                                        .log = *log_,
                                                        .turns = turns_,
                                                        .token = settings_.rpc_auth,
                                                        .limits = limits});
    handlers_ = std::make_unique<EventHandlers>(EventHandlers::Parts{
        .loop = loop_,
        .log = *log_,
        .turns = turns_,
        .self =
            [this] {
                return ScriptSelf{settings_.serf.membership.name, core_->tags()};
            },
        .environment = environment_for_scripts(),
        .script_ended = [this] { orphans_.reap(); }});
    handlers_->replace(settings_.event_handlers, settings_.event_handler_timeout);
    delivery_ = std::make_unique<EventDelivery>(
        EventDelivery::Parts{.loop = loop_,
                             .log = *log_,
                             .turns = turns_,
                             .clients = *rpc_,
                             .scripts = *handlers_,
                             .respond = [this](serf::QueryHandle query,
                                               Bytes answer) -> std::optional<serf::MessageError> {
                                 if (shutdown_.begun()) return {};
                                 return commands_->respond(query, answer);
                             }});
}

void RunningAgent::make_tls(const DescriptorShares& shares) {
    if (!settings_.credentials) return;
    tls_ = std::make_unique<TlsFront>(TlsFront::Parts{
        .loop = loop_,
        .log = *log_,
        .credentials = settings_.credentials,
        .limits = {.clients = shares.tls_clients,
                   .handshakes = std::max<std::size_t>(shares.tls_clients / 4, 1)},
        .arrived = [this](FrontMailbox::Arrived client) { admit(std::move(client)); }});
}

void RunningAgent::admit(FrontMailbox::Arrived client) {
    if (client.service == Service::control) {
        rpc_->admit(std::move(client.socket), client.from);
    } else {
        http_->admit(std::move(client.socket), client.local, client.from);
    }
}

std::optional<std::string> RunningAgent::make_persistence() {
    persistence_ = std::make_unique<Persistence>(Persistence::Parts{
        .loop = loop_,
        .log = *log_,
        .core = *core_,
        .tags_file = settings_.tags_file,
        .keyring_file = settings_.keyring_file,
        .keyring_saved = [this](std::uint64_t change, const std::string& error) {
            driver_->command([&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
                core.keyring_saved(now, change, error, out);
            });
        }});
    persistence_->begin();
    if (settings_.snapshot.empty()) return {};
    auto members = persistence_->read_snapshot(
        {.path = settings_.snapshot,
         .options = {.rejoin_after_leave = settings_.rejoin_after_leave,
                     .max_members = settings_.serf.membership.max_members},
         .self = settings_.serf.membership.name});
    if (!members) return members.error();
    rejoiner_ = std::make_unique<Rejoiner>(
        Rejoiner::Parts{
            .loop = loop_,
            .core = *driver_,
            .log = *log_,
            .alone = [this] { return core_->node().alive_count() <= 1; },
            .out_of_reach = [this](const Endpoint& at) { return address_->out_of_reach(at); }},
        Rejoin{std::move(members->alive), std::move(members->failed), settings_.retry_interval,
               entropy_.seed()});
    return {};
}

void RunningAgent::make_seeds() {
    seeds_ = std::make_unique<SeedKeeper>(
        SeedKeeper::Parts{
            .loop = loop_,
            .joiner = *joiner_,
            .log = *log_,
            .strangers =
                [this](const Joiner::Resolved& seed) {
                    return strangers_of(seed, core_->node().members());
                },
            .is_self = [this](const Endpoint& at) { return address_->is_own(at); },
            .out_of_reach = [this](const Endpoint& at) { return address_->out_of_reach(at); },
            .attempted = [this] { service_->changed(); },
            .failed =
                [this](const std::string& why) {
                    log_->write(Level::err, kAgentComponent, "join-failed", why);
                    end_because(why, true);
                },
            .replay = settings_.replay},
        Seeds{{.join = settings_.join,
               .retry_join = settings_.retry_join,
               .interval = settings_.retry_interval,
               .max_attempts = settings_.retry_max},
              entropy_.seed()});
}

void RunningAgent::make_doctor() {
    doctor_figures_ =
        std::make_unique<DoctorFigures>(DoctorFigures::Parts{.settings = settings_,
                                                             .core = *core_,
                                                             .driver = *driver_,
                                                             .address = *address_,
                                                             .handlers = *handlers_,
                                                             .persistence = *persistence_,
                                                             .log = *log_});
    doctor_ = std::make_unique<Doctor>(
        Doctor::Parts{.loop = loop_,
                      .driver = *driver_,
                      .core = *core_,
                      .control = *commands_,
                      .seeds = *seeds_,
                      .default_port = kDefaultGossipPort,
                      .figures = [this] { return doctor_figures_->collect(); },
                      .counters = [this] { return doctor_figures_->counters(); },
                      .clock_drift = [this] { return doctor_figures_->clock_drift(); }});
    view_answers_ = std::make_unique<ViewAnswers>(
        ViewAnswers::Parts{.core = *core_,
                           .now = transport::clock_now,
                           .profile = settings_.profile,
                           .longest = settings_.serf.query_response_size_limit});
    built_in_queries_->add("view",
                           [this](Bytes question) { return view_answers_->answer(question); });
    built_in_queries_->add_slow(
        "doctor", [this](const serf::BuiltInQueryReceived& query, BuiltInQueries::Reply reply) {
            doctor_->asked(query, std::move(reply));
        });
}

void RunningAgent::connect_parts() {
    stats_ = std::make_unique<AgentStats>(AgentStats::Parts{.settings = settings_,
                                                            .started = transport::clock_now(),
                                                            .core = *core_,
                                                            .driver = *driver_,
                                                            .address = *address_,
                                                            .seeds = *seeds_,
                                                            .rpc = *rpc_,
                                                            .handlers = *handlers_,
                                                            .persistence = *persistence_,
                                                            .orphans = orphans_,
                                                            .log = *log_});
    metrics_ = std::make_unique<Metrics>(
        Metrics::Parts{.settings = settings_,
                       .core = *core_,
                       .driver = *driver_,
                       .seeds = *seeds_,
                       .rpc = *rpc_,
                       .handlers = *handlers_,
                       .persistence = *persistence_,
                       .log = *log_,
                       .journal = journal_,
                       .sightings = sightings_,
                       .names = names_,
                       .lag = lag_,
                       .processes_reaped = [this] { return orphans_.reaped(); }});
    samples_ = std::make_unique<SampleSide>(SampleSide::Parts{
        .loop = loop_, .settings = settings_, .queries = *built_in_queries_, .metrics = *metrics_});
    service_ = std::make_unique<ServiceNotifier>(
        ServiceNotifier::Parts{.loop = loop_,
                               .log = *log_,
                               .environment = std::move(service_environment_),
                               .joined = [this] { return seeds_->joined(); },
                               .status = [this] { return members_in_words(core_->stats()); }});
    events_ = std::make_unique<CoreEvents>(
        CoreEvents::Parts{.core = *core_,
                          .log = *log_,
                          .joiner = *joiner_,
                          .seeds = *seeds_,
                          .rejoiner = rejoiner_.get(),
                          .persistence = *persistence_,
                          .delivery = *delivery_,
                          .commands = *commands_,
                          .sightings = sightings_,
                          .names = names_,
                          .metrics = *metrics_,
                          .built_in_queries = *built_in_queries_,
                          .doctor = *doctor_,
                          .service = *service_,
                          .left = [this] { stop(0); },
                          // Without a leave: members would take it for the leave of the other node.
                          .name_lost =
                              [this] {
                                  if (shutdown_.begun()) return;
                                  end_because("the members voted that another node has the name '" +
                                                  settings_.serf.membership.name +
                                                  "'; start this agent with another --node",
                                              false);
                              }});
}

std::optional<std::string> RunningAgent::make_http(const DescriptorShares& shares) {
    http_ = std::make_unique<HttpSide>(HttpSide::Parts{.loop = loop_,
                                                       .settings = settings_,
                                                       .log = *log_,
                                                       .control = *commands_,
                                                       .core = *core_,
                                                       .stats = *stats_,
                                                       .lag = lag_,
                                                       .seeds = *seeds_,
                                                       .metrics = *metrics_,
                                                       .samples = *samples_,
                                                       .turns = turns_,
                                                       .clients = shares.http_clients});
    auto listening = http_->listen(tls_.get());
    if (!listening) return listening.error();
    bound_.http = *listening;
    if (!tls_) return {};
    stats_->add_tls(*tls_);
    metrics_->add_source([this](Families& families) { add_tls_metrics(*tls_, families); });
    return tls_->begin();
}

std::optional<std::string> RunningAgent::begin(Sockets sockets) {
    signals_.begin();
    if (const int error = signal_watch_.begin(); error != 0) {
        return std::string{"signals: "} + uv_strerror(error);
    }
    orphans_.reap();  // children that ended before
    if (auto open = driver_->open(std::move(sockets)); !open) return open.error();
    persistence_->begin_snapshot();
    if (rejoiner_) rejoiner_->begin();
    seeds_->begin();
    address_->begin();
    lag_.begin();
    samples_->begin();
    service_->begin();
    return {};
}

// --- while it runs -------------------------------------------------------------------------------

void RunningAgent::address_moved(const Endpoint& advertised) {
    settings_.serf.membership.address = advertised.to_wire();
    settings_.serf.membership.port = advertised.port;
    driver_->command([&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
        return core.set_address(now, advertised, out);
    });
    seeds_->address_changed();
    if (rejoiner_) rejoiner_->address_changed();
}

// Refused if a client asked for a leave before; the agent ends after that one.
void RunningAgent::leave() {
    service_->stopping("leaving the cluster");
    driver_->command([](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
        static_cast<void>(core.leave(now, out));
    });
}

// --- the end -------------------------------------------------------------------------------------

void RunningAgent::end_because(std::string reason, bool logged) {
    end_.reason = std::move(reason);
    end_.reason_is_logged = logged;
    stop(1);
}

void RunningAgent::stop(int exit_code) {
    if (shutdown_.begun()) return;
    end_.exit_code = exit_code;
    log_->write(Level::info, kAgentComponent, "stopping",
                exit_code == 0 ? "stopping" : "stopping, exit code " + std::to_string(exit_code),
                {{"exit_code", exit_code}});
    service_->stopping("stopping");
    if (reloader_) reloader_->stop();
    joiner_->stop();
    commands_->stop();
    doctor_->stop();
    using Closed = Shutdown::Closed;
    // Before the clients: it delivers pending events.
    shutdown_.add([this](const Closed& closed) { delivery_->close(closed); });
    shutdown_.add([this](const Closed& closed) { seeds_->close(closed); });
    shutdown_.add([this](const Closed& closed) { address_->close(closed); });
    shutdown_.add([this](const Closed& closed) { lag_.close(closed); });
    shutdown_.add([this](const Closed& closed) { samples_->close(closed); });
    shutdown_.add([this](const Closed& closed) { signals_.close(closed); });
    shutdown_.add([this](const Closed& closed) { handlers_->close(closed); });
    shutdown_.add([this](const Closed& closed) { persistence_->close(kLastWrites, closed); });
    if (rejoiner_) shutdown_.add([this](const Closed& closed) { rejoiner_->close(closed); });
    shutdown_.add([this](const Closed& closed) { rpc_->close(kLastAnswers, closed); });
    if (http_) shutdown_.add([this](const Closed& closed) { http_->close(kLastAnswers, closed); });
    shutdown_.add([this](const Closed& closed) { driver_->close(closed); });
    // After the clients: it passes on their last answers.
    if (tls_) {
        shutdown_.add_last([this](const Closed& closed) { tls_->close(kLastAnswers, closed); });
    }
    shutdown_.add_last([this](const Closed& closed) { turns_.close(closed); });
    shutdown_.add_last([this](const Closed& closed) { service_->close(closed); });
    shutdown_.add_last([this](const Closed& closed) { log_waker_.close(closed); });
    signal_watch_.close_last(shutdown_);
    shutdown_.begin();
}

}  // namespace rollcall::agent
