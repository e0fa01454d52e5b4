// SPDX-License-Identifier: Apache-2.0
#include "agent/tls_front/front_loop.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace rollcall::agent {
FrontLoop::FrontLoop(FrontMailbox& mailbox, FrontLimits limits)
    : mailbox_{mailbox}, limits_{limits} {
    ROLLCALL_CHECK(uv_loop_init(&loop_) == 0);
    ROLLCALL_CHECK(wake_.init(*this, [&](uv_async_t* async) {
        return uv_async_init(&loop_, async, [](uv_async_t* of) {
            using Handle = transport::UvHandle<uv_async_t, FrontLoop>;
            if (FrontLoop* owner = Handle::owner_of(of)) owner->look();
        });
    }) == 0);
    timer_.init(*this, loop_);
}

FrontLoop::~FrontLoop() {
    for (Listener& listener : listeners_) listener.handle.close();
    wake_.close();
    timer_.close();
    uv_run(&loop_, UV_RUN_DEFAULT);  // the callbacks of what was closed
    ROLLCALL_CHECK(uv_loop_close(&loop_) == 0);
}

int FrontLoop::add(Service service, OwnedFd listening) {
    Listener& listener = listeners_.emplace_back();
    listener.owner = this;
    listener.service = service;
    int error = listener.handle.init(listener,
                                     [&](uv_tcp_t* socket) { return uv_tcp_init(&loop_, socket); });
    if (error == 0) error = uv_tcp_open(listener.handle.get(), listening.get());
    if (error != 0) return error;
    static_cast<void>(listening.release());  // the handle's
    auto* const stream = reinterpret_cast<uv_stream_t*>(listener.handle.get());
    return uv_listen(stream, kFrontBacklog, [](uv_stream_t* waiting, int status) {
        using Handle = transport::UvHandle<uv_tcp_t, Listener>;
        Listener* const at = Handle::owner_of_base(waiting);
        if (at != nullptr) at->owner->client_waits(*at, status);
    });
}

void FrontLoop::run() {
    uv_run(&loop_, UV_RUN_DEFAULT);
    mailbox_.put_end();
}

// --- clients -------------------------------------------------------------------------------------

// It is accepted in any case: in the queue it would wait in vain.
void FrontLoop::client_waits(Listener& listener, int status) {
    if (status != 0) return mailbox_.put_refusal({}, uv_strerror(status));
    const bool room = make_room();
    const Service service = listener.service;
    Client& client = clients_.emplace_back(Client{.service = service, .passage = nullptr});
    client.passage = std::make_unique<Passage>(Passage::Parts{
        .loop = loop_,
        .credentials = mailbox_.orders().credentials,
        .handshake_limit = limits_.handshake,
        .entered =
            [this, service](Passage& passage, Passage::Entry entry, OwnedFd socket,
                            const std::string& why) {
                entered(service, passage, entry, std::move(socket), why);
            },
        .closed =
            [this](Passage& gone) {
                std::erase_if(clients_, [&](const Client& c) { return c.passage.get() == &gone; });
                mailbox_.stats.open = clients_.size();
                leave_if_empty();
            }});
    Passage& passage = *client.passage;
    mailbox_.stats.open = clients_.size();
    auto* const stream = reinterpret_cast<uv_stream_t*>(listener.handle.get());
    if (passage.accept(*stream) != 0 || room) return;
    ++mailbox_.stats.full;
    passage.close();
    mailbox_.put_refusal(passage.from(), "no place is free");
}

bool FrontLoop::make_room() {
    const auto in_handshake = [](const Client& client) { return client.passage->shaking_hands(); };
    const auto shaking = static_cast<std::size_t>(std::ranges::count_if(clients_, in_handshake));
    const bool full = clients_.size() >= limits_.clients;
    if (!full && shaking < limits_.handshakes) return true;
    const auto longest = std::ranges::find_if(clients_, in_handshake);
    if (longest == clients_.end()) return false;
    ++mailbox_.stats.evicted;
    longest->passage->close();
    return true;
}

void FrontLoop::entered(Service service, Passage& passage, Passage::Entry entry, OwnedFd socket,
                        const std::string& why) {
    using Entry = Passage::Entry;
    FrontStats& stats = mailbox_.stats;
    switch (entry) {
        case Entry::admitted:
            ++stats.admitted;
            mailbox_.put({.service = service,
                          .socket = std::move(socket),
                          .from = passage.from(),
                          .local = passage.local()});
            return;
        case Entry::refused:
            ++stats.refused;
            break;
        case Entry::timed_out:
            ++stats.timed_out;
            break;
        case Entry::cut:
            ++stats.cut;
            break;
    }
    mailbox_.put_refusal(passage.from(), why);
}

// --- the end -------------------------------------------------------------------------------------

void FrontLoop::look() {
    const auto limit = mailbox_.orders().end_within;
    if (!limit || std::exchange(ending_, true)) return;
    for (Listener& listener : listeners_) listener.handle.close();
    for (const Client& client : clients_) {
        if (client.passage->shaking_hands()) client.passage->close();
    }
    timer_.start<&FrontLoop::time_is_up>(*limit);
    leave_if_empty();
}

void FrontLoop::time_is_up() {
    for (const Client& client : clients_) client.passage->close();
}

void FrontLoop::leave_if_empty() {
    if (!ending_ || !clients_.empty()) return;
    timer_.close();
    wake_.close();
}

}  // namespace rollcall::agent
