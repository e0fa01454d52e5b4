// SPDX-License-Identifier: Apache-2.0
//
// Drives one core after the other, one for each life of a process: calls it, carries out what it
// wants after the call, reports its events and sets the alarm to its next deadline. The core is
// never re-entered. The same bargain as the real driver in src/transport.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/endpoint.h"
#include "base/rng.h"
#include "base/time.h"
#include "membership/core.h"
#include "sim/cluster/alarm_clock.h"
#include "sim/cluster/core_traits.h"
#include "sim/cluster/node_log.h"
#include "sim/cluster/output_queue.h"
#include "sim/world/entropy.h"
#include "sim/world/socket_buffer.h"
#include "wire/keyring.h"

namespace rollcall::sim {

template <membership::ProtocolCore Core>
class CoreDriver {
public:
    using Traits = CoreTraits<Core>;
    using Outbox = typename Core::Outbox;
    // Called for every event of the core, answered probes too, in order; and with all that a call
    // brought about, once it is carried out. They must not command, stop or start the process:
    // SimCluster::after() is for that.
    using EventListener = std::function<void(const membership::Event&)>;
    using OutboxListener = std::function<void(const Outbox&)>;

    CoreDriver(NodeLog& log, AlarmClock& clock, OutputQueue& output)
        : log_{log}, clock_{clock}, output_{output} {}

    // A new core begins; its entropy and dice are drawn from `seeds`.
    void start(const typename Traits::Config& config, std::span<const wire::Keyring::Key> keys,
               Rng& seeds, std::shared_ptr<membership::ProfilePool> profiles) {
        ROLLCALL_CHECK(!running());
        entropy_ = std::make_unique<SeededEntropy>(seeds.next());
        instance_ = std::make_unique<typename Traits::Instance>(config, *entropy_, seeds.next(),
                                                                std::move(profiles));
        for (const wire::Keyring::Key& key : keys) Traits::install_key(core(), key);
        command([](Core& core, Time now, Outbox& out) { core.start(now, out); });
    }
    // The core is gone at once.
    void stop() {
        instance_.reset();
        entropy_.reset();
        clock_.cancel_alarm();
        ++lives_ended_;
    }
    [[nodiscard]] bool running() const { return instance_ != nullptr; }
    [[nodiscard]] Core& core() { return instance().core(); }
    [[nodiscard]] const Core& core() const { return std::as_const(instance()).core(); }

    // f(core, now, outbox); what it wants is carried out afterwards.
    template <class F>
    auto command(F&& f) {
        using Answer = decltype(f(core(), clock_.now(), outbox_));
        if constexpr (std::is_void_v<Answer>) {
            call(f);
        } else {
            std::optional<Answer> answer;
            call([&](Core& core, Time now, Outbox& out) { answer.emplace(f(core, now, out)); });
            return std::move(*answer);
        }
    }
    void handle(const SocketBuffer::Input& input) {
        log_.delivered(input.bytes);
        call([&](Core& core, Time now, Outbox& out) {
            using Kind = SocketBuffer::Input::Kind;
            switch (input.kind) {
                case Kind::datagram:
                    return core.handle_packet(now, input.from, input.bytes, out);
                case Kind::send_error:
                    return core.handle_send_error(now, input.from, input.error, out);
                case Kind::accepted:
                    return core.handle_stream_accepted(now, input.stream, input.from, out);
                case Kind::connected:
                    return core.handle_stream_connected(now, input.stream, out);
                case Kind::data:
                    return core.handle_stream_data(now, input.stream, input.bytes, out);
                case Kind::closed:
                    return core.handle_stream_closed(now, input.stream, input.end, out);
            }
        });
    }
    void handle_timeout() {
        clock_.clear_alarm();
        call([](Core& core, Time now, Outbox& out) { core.handle_timeout(now, out); });
    }
    // For Blocking::Sends::loops: its loops stop at their sends, or go on.
    void handle_sends_blocked(bool blocked) {
        constexpr bool can = requires(Core core, Outbox out) {
            core.handle_sends_blocked(Time{}, blocked, out);
        };
        ROLLCALL_CHECK(can);
        if constexpr (can) {
            call([&](Core& core, Time now, Outbox& out) {
                core.handle_sends_blocked(now, blocked, out);
            });
        }
    }
    void set_alarm() { clock_.set_alarm(core().next_deadline()); }

    void set_event_listener(EventListener listener) { event_listener_ = std::move(listener); }
    void set_outbox_listener(OutboxListener listener) { outbox_listener_ = std::move(listener); }

    // Calls of the core, in all lives.
    [[nodiscard]] std::uint64_t calls() const { return calls_; }
    [[nodiscard]] std::uint64_t lives_ended() const { return lives_ended_; }

private:
    [[nodiscard]] typename Traits::Instance& instance() const {
        ROLLCALL_CHECK(instance_ != nullptr);
        return *instance_;
    }
    template <class F>
    void call(F&& f) {
        ROLLCALL_CHECK(!calling_);
        calling_ = true;
        ++calls_;
        outbox_.clear();
        f(core(), clock_.now(), outbox_);
        outbox_.for_each_send([&](const Endpoint& to, Bytes bytes) { output_.send(to, bytes); });
        outbox_.for_each_stream_action([&](const membership::StreamAction& action, Bytes bytes) {
            output_.carry_out(action, bytes);
        });
        report();
        calling_ = false;
        set_alarm();
    }
    void report() {
        for (const membership::Event& event : outbox_.events()) {
            log_.note(event);
            if (event_listener_) event_listener_(event);
        }
        Traits::chronicle(log_.now(), log_.number(), outbox_, log_.chronicle());
        if (outbox_listener_) outbox_listener_(outbox_);
    }

    NodeLog& log_;
    AlarmClock& clock_;
    OutputQueue& output_;
    std::unique_ptr<SeededEntropy> entropy_;
    std::unique_ptr<typename Traits::Instance> instance_;
    Outbox outbox_;
    EventListener event_listener_;
    OutboxListener outbox_listener_;
    bool calling_ = false;
    std::uint64_t calls_ = 0;
    std::uint64_t lives_ended_ = 0;
};

}  // namespace rollcall::sim
