// SPDX-License-Identifier: Apache-2.0
//
// What the two threads of a TlsFront tell each other, and its counters. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/host/owned_fd.h"
#include "base/endpoint.h"
#include "base/time.h"
#include "tls/credentials.h"

namespace rollcall::agent {

// What a TLS address is for.
enum class Service : std::uint8_t { control, http };

struct FrontLimits {
    std::size_t clients = 256;
    std::size_t handshakes = 64;  // of these clients
    Duration handshake = std::chrono::seconds{10};
};

struct FrontStats {
    std::atomic<std::uint64_t> admitted{0};
    std::atomic<std::uint64_t> refused{0};    // they broke TLS, or have no valid certificate
    std::atomic<std::uint64_t> timed_out{0};  // in the handshake
    std::atomic<std::uint64_t> cut{0};        // in the handshake, by the client
    std::atomic<std::uint64_t> evicted{0};    // in the handshake, for a newcomer
    std::atomic<std::uint64_t> full{0};       // no place was free
    std::atomic<std::uint64_t> open{0};       // clients now
};

class FrontMailbox {
public:
    // A client that got through the handshake, with the socket on which the agent serves it.
    struct Arrived {
        Service service{};
        OwnedFd socket{-1};
        Endpoint from, local;
    };
    // Clients that did not: the last one, and how many since the mailbox was last looked into.
    struct Refusals {
        Endpoint from;
        std::string why;
        std::uint64_t count = 0;
    };
    struct Content {
        std::vector<Arrived> arrived;
        std::optional<Refusals> refusals;
        bool ended = false;  // the thread does no more
    };
    struct Orders {
        std::shared_ptr<const tls::Credentials> credentials;
        std::optional<Duration> end_within;  // nullopt: go on
    };

    // `ring` makes the agent look into it; called on the thread of the front.
    FrontMailbox(std::shared_ptr<const tls::Credentials> credentials, std::function<void()> ring)
        : ring_{std::move(ring)},
          orders_{.credentials = std::move(credentials), .end_within = {}} {}

    // --- the thread of the front ---
    void put(Arrived arrived) {
        change([&](Content& content) { content.arrived.push_back(std::move(arrived)); });
    }
    void put_refusal(const Endpoint& from, const std::string& why) {
        change([&](Content& content) {
            const std::uint64_t before = content.refusals ? content.refusals->count : 0;
            content.refusals = {.from = from, .why = why, .count = before + 1};
        });
    }
    void put_end() {
        change([](Content& content) { content.ended = true; });
    }
    [[nodiscard]] Orders orders() const {
        const std::lock_guard lock{mutex_};
        return orders_;
    }

    // --- the agent's ---
    [[nodiscard]] Content take() {
        const std::lock_guard lock{mutex_};
        return std::exchange(content_, {});
    }
    void use(std::shared_ptr<const tls::Credentials> credentials) {
        const std::lock_guard lock{mutex_};
        orders_.credentials = std::move(credentials);
    }
    void end_within(Duration limit) {
        const std::lock_guard lock{mutex_};
        orders_.end_within = limit;
    }

    FrontStats stats;

private:
    void change(const std::function<void(Content&)>& by) {
        {
            const std::lock_guard lock{mutex_};
            by(content_);
        }
        ring_();
    }

    std::function<void()> ring_;
    mutable std::mutex mutex_;
    Content content_;
    Orders orders_;
};

}  // namespace rollcall::agent
