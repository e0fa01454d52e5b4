// SPDX-License-Identifier: Apache-2.0
//
// One node of a simulated cluster: a host, and on it, most of the time, a process that drives a
// core. The same bargain as the real driver: pending input is handled before deadlines, the core is
// never re-entered, what it wants is carried out after the call. A paused process hears nothing;
// its input waits in bounded socket buffers, oldest first, and is handled before its timers once it
// runs again. A slow one needs a time for each piece of input; a blocked one is stuck where it
// sends and receives. Each host's clock starts somewhere else and may drift: nothing may depend on
// a time shared by nodes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "membership/core.h"
#include "sim/cluster/chronicle.h"
#include "sim/cluster/core_traits.h"
#include "sim/world/blocking.h"
#include "sim/world/entropy.h"
#include "sim/world/host_clock.h"
#include "sim/world/latency.h"
#include "sim/world/network.h"
#include "sim/world/socket_buffer.h"
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
    // Ten thousand nodes know ten thousand members each: who says what is held once.
    std::shared_ptr<membership::ProfilePool> profiles;
    Duration wake_delay{};  // a timer fires up to this late, as on a busy machine
};

template <membership::ProtocolCore Core>
class Process final : public Actor, public Port {
public:
    using Traits = CoreTraits<Core>;
    using Config = typename Traits::Config;
    using Outbox = typename Core::Outbox;
    using Listener = std::function<void(Process&, const membership::Event&)>;
    // Of all that a call brought about, once it is carried out.
    using OutboxListener = std::function<void(Process&, const Outbox&)>;

    Process(Surroundings surroundings, std::uint32_t number, HostId host, Config config,
            const std::vector<std::byte>& key, std::uint64_t seed)
        : around_{std::move(surroundings)},
          number_{number},
          host_{host},
          config_{std::move(config)},
          saved_keys_(key.empty() ? 0 : 1, key),
          seeds_{seed},
          clock_{Duration{static_cast<Duration::rep>(seeds_.below(1'000'000'000'000'000))}} {}

    [[nodiscard]] const std::string& name() const { return Traits::membership_of(config_).name; }
    [[nodiscard]] Endpoint endpoint() const {
        const membership::Config& settings = Traits::membership_of(config_);
        return *Endpoint::from_wire(settings.address, settings.port);
    }
    [[nodiscard]] std::uint32_t number() const { return number_; }
    [[nodiscard]] HostId host() const { return host_; }
    [[nodiscard]] bool running() const { return instance_ != nullptr; }
    [[nodiscard]] bool paused() const { return paused_; }
    [[nodiscard]] Core& core() { return instance().core(); }
    [[nodiscard]] const Core& core() const { return instance().core(); }
    [[nodiscard]] const membership::Node& node() const { return Traits::node_of(core()); }
    // The time as this host's clock shows it.
    [[nodiscard]] Time now() const { return clock_.local(around_.world.now()); }
    // Calls of the core, of all its lives.
    [[nodiscard]] std::uint64_t events_handled() const { return events_handled_; }
    // Settings for the next start; a running core keeps its own.
    [[nodiscard]] Config& config() { return config_; }

    // --- its life --------------------------------------------------------------------------------
    void start() {
        ROLLCALL_CHECK(!running());
        around_.network.set_power(host_, true);
        around_.network.bind(endpoint(), *this);
        entropy_ = std::make_unique<SeededEntropy>(seeds_.next());
        instance_ = std::make_unique<typename Traits::Instance>(config_, *entropy_, seeds_.next(),
                                                                around_.profiles);
        for (const auto& key : saved_keys_) Traits::install_key(core(), key);
        tell("starts at " + endpoint().to_string());
        call([this](Core& core, Outbox& out) { core.start(now(), out); });
    }
    // The process is gone at once; its host says so to whoever asks.
    void kill() {
        if (!running()) return;
        tell("process killed");
        stop();
    }
    // The whole host is gone at once, and silent.
    void crash() {
        tell("host crashes");
        around_.network.set_power(host_, false);
        stop();
    }
    void restart() {
        if (running()) kill();
        start();
    }
    // Moves to another host before it starts again.
    void restart_at(HostId host, const WireAddress& address) {
        if (running()) kill();
        host_ = host;
        Traits::membership_of(config_).address = address;
        start();
    }
    // Its host has another address from now on and the process runs on, as after a new DHCP lease.
    // A paused process notices when it runs again, one that is not running when it starts.
    void change_address(const WireAddress& address) {
        Traits::membership_of(config_).address = address;
        tell("its host's address becomes " + endpoint().address_to_string());
        around_.network.change_address(host_, endpoint());
        around_.streams.strand_all(host_);
        address_changed_ = running();
        if (!paused_) notice_address();
    }
    void pause() {
        tell("paused");
        paused_ = true;
    }
    void resume() {
        ROLLCALL_CHECK(paused_);
        tell("resumed");
        paused_ = false;
        if (!running()) return;
        notice_address();
        catch_up();
    }
    // Stuck where it sends and receives until it is unblocked; then what it held goes out, what it
    // received is handled, and its deadlines pass, in that order.
    void block(const Blocking& how = {}) {
        ROLLCALL_CHECK(running() && !blocked_ && how.problem().empty());
        tell("blocked");
        blocked_ = how;
        stuck_ = false;
        if (how.sends == Blocking::Sends::loops) stop_loops(true);
    }
    void unblock() {
        ROLLCALL_CHECK(blocked_);
        tell("unblocked");
        const bool loops = blocked_->sends == Blocking::Sends::loops;
        blocked_.reset();
        if (!running()) return;
        for (const HeldSends::Held& held : held_.take()) {
            held.datagram ? around_.network.send(endpoint(), held.to, held.bytes)
                          : carry_out(held.action, held.bytes);
        }
        if (loops) stop_loops(false);
        // Tasks run at once where a single one has input to go through first.
        if (loops && !paused_) wake();
        if (running() && !paused_) catch_up();
    }
    [[nodiscard]] bool blocked() const { return blocked_.has_value(); }
    // How long it needs for each piece of input, one after the other; what it answers goes out at
    // the end of that. Latency{}: no time at all. Deadlines wait for the input that came before,
    // or pass at once, as in a process that has a thread for them.
    void set_service_time(const Latency& each, bool deadlines_wait = true) {
        tell("a piece of input takes " + whole_units(each.min()) + " to " +
             whole_units(each.max()));
        service_time_ = each;
        deadlines_wait_for_input_ = deadlines_wait;
    }
    // Its host's clock runs fast (above 0) or slow from now on, in parts per million.
    void set_clock_drift(int ppm) {
        tell("clock drifts by " + std::to_string(ppm) + " ppm");
        clock_.set_drift(around_.world.now(), ppm);
        arm_anew();
    }
    // And leaps forward, as after a suspend. Back is impossible: HostClock::jump_problem().
    void jump_clock(Duration forward) {
        tell("clock jumps by " + whole_units(forward));
        clock_.jump(around_.world.now(), forward);
        arm_anew();
    }
    // Datagrams that found its socket buffer full, and messages beyond what it holds when blocked.
    [[nodiscard]] std::uint64_t dropped_datagrams() const { return dropped_ + buffer_.dropped(); }
    [[nodiscard]] std::uint64_t dropped_sends() const { return held_.dropped(); }

    // Its keyring file: with these keys it starts the next time, the first one its primary.
    void save_keys(std::vector<wire::Keyring::Key> keys) { saved_keys_ = std::move(keys); }
    // A line in the story, from whoever sits at this host.
    void remark(std::string text) { tell(std::move(text)); }

    // --- what an operator does -------------------------------------------------------------------
    // f(core, now, outbox); what it wants is carried out afterwards.
    template <class F>
    auto command(F&& f) {
        using Answer = decltype(f(core(), now(), outbox_));
        if constexpr (std::is_void_v<Answer>) {
            call([&](Core& core, Outbox& out) { f(core, now(), out); });
        } else {
            std::optional<Answer> answer;
            call([&](Core& core, Outbox& out) { answer.emplace(f(core, now(), out)); });
            return std::move(*answer);
        }
    }
    // nullopt: refused, since it is leaving.
    std::optional<RequestId> join(const Endpoint& seed) {
        const membership::JoinPeer peer{.endpoint = seed, .name = {}};
        return command([&](Core& core, Time at, Outbox& out) {
            return Traits::join(core, at, {&peer, 1}, out);
        });
    }
    void leave() {
        tell("leaves");
        command([](Core& core, Time at, Outbox& out) { Traits::leave(core, at, out); });
    }
    // Hears every event of this core, answered probes too, in order.
    void set_listener(Listener listener) { listener_ = std::move(listener); }
    void set_outbox_listener(OutboxListener listener) { outbox_listener_ = std::move(listener); }
    // Rises whenever a process starts or ends here.
    [[nodiscard]] std::uint64_t life() const { return life_; }

    // --- from the network ------------------------------------------------------------------------
    void datagram(Endpoint from, Bytes bytes) override {
        const auto handle = [&](Core& core, Outbox& out) {
            core.handle_packet(now(), from, bytes, out);
        };
        hear(bytes, handle, [&] {
            return Input{
                .kind = Input::Kind::datagram, .from = from, .bytes = {bytes.begin(), bytes.end()}};
        });
    }
    void send_error(Endpoint to, membership::SendError error) override {
        const Input input{.kind = Input::Kind::send_error, .from = to, .error = error};
        hear({}, input);
    }
    bool stream_accepted(StreamId id, Endpoint from) override {
        if (waits() && buffer_.backlog_full()) return false;
        hear({}, Input{.kind = Input::Kind::accepted, .from = from, .stream = id});
        return true;
    }
    void stream_connected(StreamId id) override {
        hear({}, Input{.kind = Input::Kind::connected, .stream = id});
    }
    void stream_data(StreamId id, Bytes bytes) override {
        hear(bytes,
             Input{.kind = Input::Kind::data, .bytes = {bytes.begin(), bytes.end()}, .stream = id});
    }
    void stream_closed(StreamId id, membership::StreamEnd end) override {
        hear({}, Input{.kind = Input::Kind::closed, .stream = id, .end = end});
    }
    void act(std::uint64_t what) override {
        if ((what & kServed) != 0) return served(what & ~kServed);
        if (what != alarm_ || !running() || paused_ || deadlines_wait()) return;
        if (busy_ && deadlines_wait_for_input_) {
            if (!wake_after_) wake_after_ = buffer_.size();
            return;
        }
        wake();
    }

private:
    using Input = SocketBuffer::Input;

    [[nodiscard]] typename Traits::Instance& instance() const {
        ROLLCALL_CHECK(instance_ != nullptr);
        return *instance_;
    }
    void tell(std::string text) {
        around_.chronicle.note(around_.world.now(), number_, std::move(text));
    }
    void stop() {
        if (!running()) return;
        around_.network.unbind(endpoint());
        around_.streams.abort_all(*this);
        instance_.reset();
        entropy_.reset();
        dropped_ += buffer_.dropped();
        buffer_ = {};
        held_.clear();
        paused_ = busy_ = stuck_ = address_changed_ = false;
        blocked_.reset();
        wake_after_.reset();
        ++life_;
        armed_.reset();
        ++alarm_;
    }
    void notice_address() {
        if (!std::exchange(address_changed_, false)) return;
        call(
            [this](Core& core, Outbox& out) { Traits::set_address(core, now(), endpoint(), out); });
    }
    // Input does not reach the core at once.
    [[nodiscard]] bool waits() const {
        return paused_ || blocked_ || busy_ || service_time_.max() > Duration{};
    }
    [[nodiscard]] bool deadlines_wait() const {
        return blocked_ && (stuck_ || !blocked_->timers_run);
    }
    // Input arrives: handled now, or kept as `input()` while the process does not get to it.
    template <class Handle, class Keep>
    void hear(Bytes bytes, Handle&& handle_now, Keep&& input) {
        if (!running()) return;
        if (waits()) return keep(input());
        around_.chronicle.delivered(around_.world.now(), number_, bytes);
        call(handle_now);
    }
    void hear(Bytes bytes, const Input& input) {
        if (!running()) return;
        if (waits()) return keep(input);
        around_.chronicle.delivered(around_.world.now(), number_, bytes);
        handle(input);
    }
    void keep(Input input) {
        blocked_ ? buffer_.push(std::move(input), blocked_->backlog)
                 : buffer_.push(std::move(input));
        if (!paused_ && !blocked_ && !busy_) serve();
    }
    void handle_kept(const Input& input) {
        around_.chronicle.delivered(around_.world.now(), number_, input.bytes);
        handle(input);
    }
    // Runs again after a pause or a block: what waits first, then deadlines.
    void catch_up() {
        if (blocked_) {
            if (!deadlines_wait()) wake();
            return;
        }
        if (busy_ || service_time_.max() > Duration{}) {
            if (buffer_.empty()) return wake_late();
            wake_after_ = buffer_.size();
            if (!busy_) serve();
            return;
        }
        const std::uint64_t life = life_;
        for (const Input& input : buffer_.take()) {
            handle_kept(input);
            if (life != life_) return;  // a listener ended it
        }
        wake();
    }
    // The process turns to the oldest input and is busy with it for a while.
    void serve() {
        if (buffer_.empty()) return;
        busy_ = true;
        around_.world.at(around_.world.now() + service_time_.draw(around_.world.rng()), *this,
                         kServed | life_);
    }
    void served(std::uint64_t life) {
        if (life != life_ || !busy_) return;
        busy_ = false;
        if (paused_ || blocked_) return;
        if (!buffer_.empty()) handle_kept(buffer_.pop());
        if (life != life_) return;
        if (wake_after_ && (*wake_after_ <= 1 || buffer_.empty())) {
            wake_late();
        } else if (wake_after_) {
            --*wake_after_;
        }
        if (life == life_) serve();
    }
    void wake_late() {
        wake_after_.reset();
        wake();
    }
    void handle(const Input& input) {
        call([&](Core& core, Outbox& out) {
            switch (input.kind) {
                case Input::Kind::datagram:
                    return core.handle_packet(now(), input.from, input.bytes, out);
                case Input::Kind::send_error:
                    return core.handle_send_error(now(), input.from, input.error, out);
                case Input::Kind::accepted:
                    return core.handle_stream_accepted(now(), input.stream, input.from, out);
                case Input::Kind::connected:
                    return core.handle_stream_connected(now(), input.stream, out);
                case Input::Kind::data:
                    return core.handle_stream_data(now(), input.stream, input.bytes, out);
                case Input::Kind::closed:
                    return core.handle_stream_closed(now(), input.stream, input.end, out);
            }
        });
    }
    void wake() {
        armed_.reset();
        call([this](Core& core, Outbox& out) { core.handle_timeout(now(), out); });
    }

    template <class F>
    void call(F&& f) {
        ++events_handled_;
        outbox_.clear();
        f(core(), outbox_);
        carry_out();
        arm();
    }
    void carry_out() {
        const Endpoint here = endpoint();
        outbox_.for_each_send([&](const Endpoint& to, Bytes bytes) {
            if (blocked_) return hold({.to = to, .bytes = {bytes.begin(), bytes.end()}});
            around_.network.send(here, to, bytes);
        });
        outbox_.for_each_stream_action([&](const membership::StreamAction& action, Bytes bytes) {
            if (!blocked_) return carry_out(action, bytes);
            hold({.datagram = false, .action = action, .bytes = {bytes.begin(), bytes.end()}});
        });
        tell_events();
    }
    void stop_loops(bool stop) {
        constexpr bool can = requires(Core core, Outbox out) {
            core.handle_sends_blocked(Time{}, stop, out);
        };
        ROLLCALL_CHECK(can);
        if constexpr (can) {
            call([&](Core& core, Outbox& out) { core.handle_sends_blocked(now(), stop, out); });
        }
    }
    void hold(HeldSends::Held held) {
        stuck_ = stuck_ || blocked_->sends == Blocking::Sends::first;
        held_.push(std::move(held));
    }
    void carry_out(const membership::StreamAction& action, Bytes bytes) {
        switch (action.verb) {
            case membership::StreamVerb::open:
                return around_.streams.open(*this, endpoint(), action.id, action.to,
                                            clock_.world(action.deadline));
            case membership::StreamVerb::write:
                return around_.streams.write(*this, action.id, bytes);
            case membership::StreamVerb::close:
                return around_.streams.close(*this, action.id);
        }
    }
    void tell_events() {
        const Time at = around_.world.now();
        for (const membership::Event& event : outbox_.events()) {
            around_.chronicle.note(at, number_, event);
            if (listener_) listener_(*this, event);
        }
        Traits::chronicle(at, number_, outbox_, around_.chronicle);
        if (outbox_listener_) outbox_listener_(*this, outbox_);
    }
    // One alarm at a time, posted behind whatever else happens at that moment.
    void arm() {
        const std::optional<Time> next = core().next_deadline();
        if (next == armed_) return;
        armed_ = next;
        ++alarm_;
        if (!next) return;
        Time at = clock_.world(*next);
        if (around_.wake_delay > Duration{}) {
            at += Duration{static_cast<Duration::rep>(
                around_.world.rng().below(static_cast<std::uint64_t>(around_.wake_delay.count())))};
        }
        around_.world.at_last(at, *this, alarm_);
    }

    void arm_anew() {
        armed_.reset();
        if (running() && !paused_) arm();
    }

    // In the number of an event: the end of a piece of work, of the life in the other bits.
    static constexpr std::uint64_t kServed = std::uint64_t{1} << 63;

    Surroundings around_;
    std::uint32_t number_;
    HostId host_;
    Config config_;
    std::vector<wire::Keyring::Key> saved_keys_;
    Rng seeds_;  // of this node's entropy and dice, anew at each start
    HostClock clock_;
    std::unique_ptr<SeededEntropy> entropy_;
    std::unique_ptr<typename Traits::Instance> instance_;
    Outbox outbox_;
    Listener listener_;
    OutboxListener outbox_listener_;
    SocketBuffer buffer_;
    HeldSends held_;
    Latency service_time_;
    bool deadlines_wait_for_input_ = true;
    std::optional<Blocking> blocked_;
    bool paused_ = false;
    bool address_changed_ = false;           // and the core does not know it yet
    bool stuck_ = false;                     // by a send, while blocked
    bool busy_ = false;                      // with the oldest of buffer_
    std::optional<std::size_t> wake_after_;  // so much input: a deadline has passed meanwhile
    std::uint64_t life_ = 0;
    std::uint64_t dropped_ = 0;  // in earlier lives
    std::optional<Time> armed_;
    std::uint64_t alarm_ = 0;
    std::uint64_t events_handled_ = 0;
};

}  // namespace rollcall::sim
