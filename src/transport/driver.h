// SPDX-License-Identifier: Apache-2.0
//
// Runs any ProtocolCore on one libuv loop: datagrams and streams in, the Outbox carried out, one
// timer for next_deadline(). Drains pending input before it fires deadlines
// (transport/transport.h), so that a refutation that already lies in the socket wins over the timer
// it refutes. Never re-enters the core: what a call asked for is carried out after it returned. One
// thread: the loop's.
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
    // Closes; the loop has to run once more to let go of the handles.
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
    // The same with sockets bound before: for a core that has to know its port when it is built.
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
    // read here. It may call command() and close(); destroying the driver is for later, e.g. for
    // `closed`.
    void on_outbox(std::function<void(const Outbox&)> told) { told_ = std::move(told); }

    // f(core, now, outbox), then carries the outbox out. Gives back what f returns. From inside
    // on_outbox too: then its own Outbox is told after the running one. After close() the core
    // still hears commands and its effects go nowhere.
    template <class F>
    auto command(F&& f) {
        return call(std::forward<F>(f));
    }

    // The time as the core is told it.
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
                        return transport_->write(action.id, bytes);
                    case membership::StreamVerb::close:
                        return transport_->close_stream(action.id);
                }
            });
            if (!transport_->in_batch()) transport_->set_deadline(core_.next_deadline());
        }
        if (out->empty() || !told_) return give_back(std::move(out));
        untold_.push_back(std::move(out));
        if (!telling_) tell();
    }

    // In order, also what commands add meanwhile.
    void tell() {
        telling_ = true;
        for (std::size_t i = 0; i < untold_.size(); ++i) {
            std::unique_ptr<Outbox> out = std::move(untold_[i]);
            told_(*out);
            give_back(std::move(out));
        }
        untold_.clear();
        telling_ = false;
    }

    // One Outbox is in use as a rule; a second when a listener gives commands.
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
    std::function<void(const Outbox&)> told_;
    std::vector<std::unique_ptr<Outbox>> spare_, untold_;
    bool telling_ = false;
    bool inside_core_ = false;
};

}  // namespace rollcall::transport
