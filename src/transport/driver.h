// SPDX-License-Identifier: Apache-2.0
//
// Runs any ProtocolCore on one libuv loop: passes datagrams and streams to it, carries out its
// Outbox, and keeps one timer for next_deadline(). Drains pending input before it fires deadlines
// (transport/transport.h), so that a refutation already in the socket wins over the suspicion
// timer. Never re-enters the core: the Outbox is carried out after the call returned. One thread:
// the loop's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "membership/core.h"
#include "membership/outbox.h"
#include "transport/clock.h"
#include "transport/transport.h"

namespace rollcall::transport {

template <membership::ProtocolCore Core>
class Driver : private Inputs {
public:
    using Outbox = typename Core::Outbox;
    using Options = transport::Options;

    // Borrows both; they must outlive the driver.
    Driver(uv_loop_t& loop, Core& core) : loop_{loop}, core_{core} {}
    // Closes; the loop must run once more to release the handles.
    ~Driver() override = default;
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;

    // Binds UDP and TCP on one port, starts to listen and starts the core. Returns where it is
    // bound.
    Result<Endpoint, std::string> open(const Options& options) {
        auto bound = Transport::bind(loop_, options);
        if (!bound) return bound.error();
        return open(std::move(*bound));
    }
    // The same with bound sockets, for a core that must know its port when it is constructed.
    Result<Endpoint, std::string> open(std::unique_ptr<Transport> bound) {
        ROLLCALL_CHECK(transport_ == nullptr);
        transport_ = std::move(bound);
        if (auto error = transport_->start(*this)) {
            transport_.reset();
            return *std::move(error);
        }
        const Endpoint at = transport_->local();
        call([](Core& core, Time now, Outbox& out) { core.start(now, out); });
        return at;
    }

    // Called with each Outbox that is not empty, after its effects were carried out: events are
    // read here. It may call command() and close(), but must not destroy the driver (`closed`
    // may).
    void on_outbox(std::function<void(const Outbox&)> handler) { on_outbox_ = std::move(handler); }

    // f(core, now, outbox), then carries the outbox out. Returns the result of f. Also from inside
    // on_outbox: then its Outbox is handled after the current one. After close() the core still
    // gets commands, but their effects are dropped.
    template <class F>
    auto command(F&& f) {
        return call(std::forward<F>(f));
    }

    // The time that the core gets.
    [[nodiscard]] Time now() const { return clock_now(); }

    // Stops at once: unsent stream bytes are lost, no input reaches the core. `closed` is called by
    // the loop when none of our handles is left in it.
    void close(std::function<void()> closed = {}) {
        if (transport_ == nullptr || !transport_->is_open()) {
            if (closed) closed();
            return;
        }
        transport_->close(std::move(closed));
    }
    [[nodiscard]] const Stats& stats() const {
        static constexpr Stats kNone{};
        return transport_ ? transport_->stats() : kNone;
    }

private:
    void packet(const Endpoint& from, Bytes bytes) override {
        call([&](Core& core, Time now, Outbox& out) { core.handle_packet(now, from, bytes, out); });
    }
    // Once for a batch of datagrams: the timer cannot fire in between.
    void packets_read() override { transport_->set_deadline(core_.next_deadline()); }
    void send_error(const Endpoint& to, membership::SendError error) override {
        call([&](Core& core, Time now, Outbox& out) {
            core.handle_send_error(now, to, error, out);
        });
    }
    void stream_accepted(StreamId id, const Endpoint& from) override {
        call([&](Core& core, Time now, Outbox& out) {
            core.handle_stream_accepted(now, id, from, out);
        });
    }
    void stream_connected(StreamId id) override {
        call(
            [&](Core& core, Time now, Outbox& out) { core.handle_stream_connected(now, id, out); });
    }
    void stream_data(StreamId id, Bytes bytes) override {
        call([&](Core& core, Time now, Outbox& out) {
            core.handle_stream_data(now, id, bytes, out);
        });
    }
    void stream_closed(StreamId id, membership::StreamEnd end) override {
        call([&](Core& core, Time now, Outbox& out) {
            core.handle_stream_closed(now, id, end, out);
        });
    }
    void deadline_reached() override {
        call([](Core& core, Time now, Outbox& out) { core.handle_timeout(now, out); });
    }

    template <class F>
    auto call(F&& f) {
        std::unique_ptr<Outbox> out = take_outbox();
        if constexpr (std::is_void_v<std::invoke_result_t<F, Core&, Time, Outbox&>>) {
            in_core([&] { f(core_, clock_now(), *out); });
            carry_out(std::move(out));
        } else {
            auto result = in_core([&] { return f(core_, clock_now(), *out); });
            carry_out(std::move(out));
            return result;
        }
    }
    template <class F>
    auto in_core(F&& f) {
        ROLLCALL_CHECK(!inside_core_);  // e.g. an Application hook that calls command()
        inside_core_ = true;
        struct Leave {
            bool& inside;
            ~Leave() { inside = false; }
        } const leave{inside_core_};
        return f();
    }

    void carry_out(std::unique_ptr<Outbox> out) {
        if (transport_ != nullptr && transport_->is_open()) {
            out->for_each_send(
                [&](const Endpoint& to, Bytes bytes) { transport_->send(to, bytes); });
            out->for_each_stream_action([&](const membership::StreamAction& action, Bytes bytes) {
                switch (action.verb) {
                    case membership::StreamVerb::open:
                        return transport_->open_stream(action.id, action.to, action.deadline);
                    case membership::StreamVerb::write:
                        return transport_->write(action.id, bytes, action.shared);
                    case membership::StreamVerb::close:
                        return transport_->close_stream(action.id);
                }
            });
            if (!transport_->in_batch()) transport_->set_deadline(core_.next_deadline());
        }
        if (out->empty() || !on_outbox_) return give_back(std::move(out));
        pending_.push_back(std::move(out));
        if (!notifying_) notify();
    }

    // In order, including Outboxes of commands called meanwhile.
    void notify() {
        notifying_ = true;
        for (std::size_t i = 0; i < pending_.size(); ++i) {
            std::unique_ptr<Outbox> out = std::move(pending_[i]);
            on_outbox_(*out);
            give_back(std::move(out));
        }
        pending_.clear();
        notifying_ = false;
    }

    // Usually one Outbox is in use; a second when the handler calls command().
    std::unique_ptr<Outbox> take_outbox() {
        if (spare_.empty()) return std::make_unique<Outbox>();
        auto out = std::move(spare_.back());
        spare_.pop_back();
        return out;
    }
    void give_back(std::unique_ptr<Outbox> out) {
        out->clear();
        spare_.push_back(std::move(out));
    }

    uv_loop_t& loop_;
    Core& core_;
    std::unique_ptr<Transport> transport_;
    std::function<void(const Outbox&)> on_outbox_;
    std::vector<std::unique_ptr<Outbox>> spare_, pending_;
    bool notifying_ = false;
    bool inside_core_ = false;
};

}  // namespace rollcall::transport
