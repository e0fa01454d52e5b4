// SPDX-License-Identifier: Apache-2.0
//
// One node of a simulated cluster: a host, and on it, most of the time, a process that runs a core.
// This is what an operator does to it and sees of it; each part decides one thing:
//   CoreDriver   calls the core and carries out what it wants
//   InputQueue   when input reaches the core and deadlines pass
//   OutputQueue  when messages leave
//   AlarmClock   what time it is on this host, and when the next deadline comes
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "membership/core.h"
#include "sim/cluster/alarm_clock.h"
#include "sim/cluster/chronicle.h"
#include "sim/cluster/core_driver.h"
#include "sim/cluster/core_traits.h"
#include "sim/cluster/input_queue.h"
#include "sim/cluster/node_log.h"
#include "sim/cluster/output_queue.h"
#include "sim/world/blocking.h"
#include "sim/world/network.h"
#include "sim/world/streams.h"
#include "sim/world/world.h"
#include "wire/keyring.h"

namespace rollcall::sim {

// What all processes of one cluster share.
struct Surroundings {
    World& world;
    Network& network;
    StreamNetwork& streams;
    Chronicle& chronicle;
    // Ten thousand nodes know ten thousand members each: equal profiles are stored once.
    std::shared_ptr<membership::ProfilePool> profiles;
    Duration wake_delay{};  // a timer fires up to this late, as on a busy machine
};

template <membership::ProtocolCore Core>
class Process final {
public:
    using Traits = CoreTraits<Core>;
    using Config = typename Traits::Config;
    using Outbox = typename Core::Outbox;
    // See CoreDriver::EventListener.
    using Listener = std::function<void(Process&, const membership::Event&)>;

    Process(Surroundings surroundings, std::uint32_t number, HostId host, Config config,
            const std::vector<std::byte>& key, std::uint64_t seed)
        : around_{std::move(surroundings)},
          host_{host},
          config_{std::move(config)},
          saved_keys_(key.empty() ? 0 : 1, key),
          seeds_{seed},
          log_{around_.world, around_.chronicle, number},
          clock_{around_.world,
                 log_,
                 seeds_,
                 around_.wake_delay,
                 {.alarm = [this] { input_.deadline_came(); },
                  .changed =
                      [this] {
                          if (running() && !paused()) driver_.set_alarm();
                      }}},
          input_{around_.world,
                 log_,
                 output_,
                 {.input = [this](const InputQueue::Input& input) { driver_.handle(input); },
                  .deadlines = [this] { driver_.handle_timeout(); }}},
          output_{around_.network, around_.streams, clock_, input_},
          driver_{log_, clock_, output_} {}

    [[nodiscard]] const std::string& name() const { return Traits::membership_of(config_).name; }
    [[nodiscard]] Endpoint endpoint() const {
        const membership::Config& settings = Traits::membership_of(config_);
        return *Endpoint::from_wire(settings.address, settings.port);
    }
    [[nodiscard]] HostId host() const { return host_; }
    [[nodiscard]] bool running() const { return driver_.running(); }
    [[nodiscard]] bool paused() const { return input_.paused(); }
    [[nodiscard]] Core& core() { return driver_.core(); }
    [[nodiscard]] const Core& core() const { return driver_.core(); }
    [[nodiscard]] const membership::Node& node() const { return Traits::node_of(core()); }
    // Settings for the next start; a running core keeps its own.
    [[nodiscard]] Config& config() { return config_; }
    // Its keyring file: the keys of the next start, the first one the primary.
    void save_keys(std::vector<wire::Keyring::Key> keys) { saved_keys_ = std::move(keys); }

    // --- its parts -------------------------------------------------------------------------------
    [[nodiscard]] CoreDriver<Core>& driver() { return driver_; }
    [[nodiscard]] InputQueue& input() { return input_; }
    [[nodiscard]] const OutputQueue& output() const { return output_; }
    [[nodiscard]] AlarmClock& clock() { return clock_; }
    [[nodiscard]] NodeLog& log() { return log_; }

    // --- its life --------------------------------------------------------------------------------
    void start() {
        ROLLCALL_CHECK(!running());
        around_.network.set_power(host_, true);
        around_.network.bind(endpoint(), input_);
        log_.note("starts at " + endpoint().to_string());
        output_.set_address(endpoint());
        input_.open();
        driver_.start(config_, saved_keys_, seeds_, around_.profiles);
    }
    // The process is gone at once; its host answers "port unreachable".
    void kill() {
        if (!running()) return;
        log_.note("process killed");
        stop();
    }
    // The whole host is gone at once, and silent.
    void crash() {
        log_.note("host crashes");
        around_.network.set_power(host_, false);
        if (running()) stop();
    }
    void restart() {
        kill();
        start();
    }
    // Moves to another host before it starts again.
    void restart_at(HostId host, const WireAddress& address) {
        kill();
        host_ = host;
        Traits::membership_of(config_).address = address;
        start();
    }
    // Its host has another address from now on and the process runs on, as after a new DHCP lease.
    // A paused process notices when it runs again, one that is not running when it starts.
    void change_address(const WireAddress& address) {
        Traits::membership_of(config_).address = address;
        log_.note("its host's address becomes " + endpoint().address_to_string());
        around_.network.change_address(host_, endpoint());
        around_.streams.strand_all(host_);
        output_.set_address(endpoint());
        address_changed_ = running();
        if (!paused()) notice_address();
    }

    // --- what hinders it -------------------------------------------------------------------------
    // The process handles nothing until it is resumed; its input waits in bounded socket buffers,
    // and its host's kernel takes connections for it.
    void pause() {
        log_.note("paused");
        input_.set_paused(true);
    }
    void resume() {
        ROLLCALL_CHECK(paused() && !frozen());
        log_.note("resumed");
        input_.set_paused(false);
        if (!running()) return;
        notice_address();
        input_.catch_up();
    }
    // The whole host stands still until it thaws, as a virtual machine that is being moved: its
    // kernel does not answer either, and what is sent to it meanwhile is lost.
    void freeze() {
        log_.note("host freezes");
        around_.network.set_power(host_, false);
        input_.set_paused(true);
    }
    void thaw() {
        ROLLCALL_CHECK(frozen());
        log_.note("host thaws");
        around_.network.set_power(host_, true);
        resume();
    }
    [[nodiscard]] bool frozen() const { return running() && !around_.network.powered(host_); }
    // Stuck where it sends and receives until it is unblocked; then what it held goes out, what it
    // received is handled, and its deadlines pass, in that order.
    void block(const Blocking& how = {}) {
        ROLLCALL_CHECK(running());
        log_.note("blocked");
        output_.block(how);
        if (output_.stops_loops()) driver_.handle_sends_blocked(true);
    }
    void unblock() {
        ROLLCALL_CHECK(running());
        log_.note("unblocked");
        const bool loops = output_.stops_loops();
        output_.unblock();
        if (loops) driver_.handle_sends_blocked(false);
        if (paused()) return;
        // Tasks run at once where a single one has input to go through first.
        if (loops) driver_.handle_timeout();
        input_.catch_up();
    }

    // --- what an operator asks of its core -------------------------------------------------------
    // f(core, now, outbox); what it wants is carried out afterwards.
    template <class F>
    auto command(F&& f) {
        return driver_.command(std::forward<F>(f));
    }
    // nullopt: refused, since it is leaving.
    std::optional<RequestId> join(const Endpoint& seed) {
        const membership::JoinPeer peer{.endpoint = seed, .name = {}};
        return command([&](Core& core, Time now, Outbox& out) {
            return Traits::join(core, now, {&peer, 1}, out);
        });
    }
    void leave() {
        log_.note("leaves");
        command([](Core& core, Time now, Outbox& out) { Traits::leave(core, now, out); });
    }
    void set_listener(Listener listener) {
        driver_.set_event_listener(
            [this, listener = std::move(listener)](const membership::Event& event) {
                if (listener) listener(*this, event);
            });
    }

private:
    void stop() {
        around_.network.unbind(endpoint());
        around_.streams.abort_all(input_);
        driver_.stop();
        input_.close();
        output_.clear();
        address_changed_ = false;
    }
    void notice_address() {
        if (!std::exchange(address_changed_, false)) return;
        command([this](Core& core, Time now, Outbox& out) {
            Traits::set_address(core, now, endpoint(), out);
        });
    }

    Surroundings around_;
    HostId host_;
    Config config_;
    std::vector<wire::Keyring::Key> saved_keys_;
    Rng seeds_;  // of its core's entropy and dice, drawn at each start
    NodeLog log_;
    AlarmClock clock_;
    InputQueue input_;
    OutputQueue output_;
    CoreDriver<Core> driver_;
    bool address_changed_ = false;  // and the core does not know it yet
};

}  // namespace rollcall::sim
