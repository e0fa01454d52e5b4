// SPDX-License-Identifier: Apache-2.0
//
// Where HTTP clients come in: accepts them, waits until the head of their request is there, and
// checks it before the HTTP library sees a byte. Heads are peeked at, so they stay in the socket
// for the library. Each connection carries one request: then no doubt about where one ends can
// reach the next. Refuses with an error of its own, and closes the longest waiting client when all
// places are taken. The loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "agent/host/owned_fd.h"
#include "agent/http/budget.h"
#include "agent/http/head.h"
#include "agent/http/limits.h"
#include "agent/http/listener.h"
#include "agent/http/places.h"
#include "agent/http/stats.h"
#include "base/endpoint.h"
#include "base/time.h"

namespace rollcall::agent::http {

// A client whose head is complete.
struct Admitted {
    OwnedFd socket;
    Head head;
    Places::Place place;
    std::optional<Endpoint> local;  // nullopt: a Unix socket
    std::string client;             // its address, "" of a Unix socket
    Time began{};                   // its first byte
};

class Door {
public:
    struct Parts {
        const Limits& limits;
        Stats& stats;
        Places& places;
        // Refuses a request by its head, or lets it in.
        std::function<std::optional<Refusal>(const Head&, const std::optional<Endpoint>& local)>
            refuses;
        std::function<void(Admitted)> admit;
    };
    explicit Door(Parts parts);
    ~Door();
    Door(const Door&) = delete;
    Door& operator=(const Door&) = delete;

    [[nodiscard]] Result<RpcAddress, ListenError> listen(const RpcAddress& at);
    // A client from the address `client` that came another way; the socket does not block.
    void enter(Time now, OwnedFd socket, std::optional<Endpoint> local, std::string client);
    // Readable when turn() has something to do; -1 if the system gave none.
    [[nodiscard]] int descriptor() const { return epoll_.get(); }
    // Accepts and reads heads until the budget is used up or nothing is left to do.
    void turn(Time now, const Budget& budget);
    // Refuses those that are too slow. To be called about once a second.
    void check_deadlines(Time now);
    // Closes everything.
    void close();

private:
    struct Visitor {
        std::uint64_t id = 0;
        OwnedFd socket;
        Places::Place place;
        std::optional<Endpoint> local;
        std::string client;
        HeadReader reader;
        Time accepted{};
        std::optional<Time> began;     // its first byte
        std::optional<Time> leave_by;  // refused: it may read the answer until then
    };
    using Visitors = std::list<Visitor>;  // in the order of their arrival

    void accept_clients(Time now, int listener);
    [[nodiscard]] bool make_room(const std::string& address);
    // `ended`: the client sends no more.
    void readable(Time now, Visitors::iterator visitor, bool ended);
    void refuse(Time now, Visitors::iterator visitor, const Refusal& refusal);
    void drain(Visitors::iterator visitor);
    void forget(Visitors::iterator visitor);
    void watch_listeners(bool on);

    Parts parts_;
    OwnedFd epoll_;
    std::list<Listener> listeners_;
    bool accepting_ = true;
    Visitors visitors_;
    std::unordered_map<std::uint64_t, Visitors::iterator> by_id_;
    std::uint64_t next_id_;
};

// Writes a whole small answer, as far as the socket takes it.
void send_refusal(int socket, const Refusal& refusal);

}  // namespace rollcall::agent::http
