// SPDX-License-Identifier: Apache-2.0
//
// Who is next: clients that wait, by rank and then in the order of coming. A lower rank is passed
// over so many times at most, so that control clients slow HTTP down and cannot stop it. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace rollcall::agent {

enum class Rank : std::uint8_t { control, http, scripts };  // the first comes first

template <class Client>
class TurnOrder {
public:
    static constexpr unsigned kPassedOver = 8;  // turns of higher ranks in a row

    void push(Rank rank, Client& client) { of(rank).waiting.push_back(&client); }
    void erase(const Client& client) {
        for (Queue& queue : queues_) std::erase(queue.waiting, &client);
    }
    void clear() { queues_ = {}; }
    [[nodiscard]] bool has(const Client& client) const {
        return std::ranges::any_of(queues_, [&](const Queue& queue) {
            return std::ranges::find(queue.waiting, &client) != queue.waiting.end();
        });
    }
    [[nodiscard]] bool empty() const { return size() == 0; }
    [[nodiscard]] std::size_t size() const {
        std::size_t all = 0;
        for (const Queue& queue : queues_) all += queue.waiting.size();
        return all;
    }
    // Not of an empty order.
    [[nodiscard]] Client& pop() {
        Queue* next = nullptr;
        for (Queue& queue : queues_) {
            if (queue.waiting.empty()) continue;
            if (next == nullptr || queue.passed_over >= kPassedOver) next = &queue;
        }
        for (Queue& queue : queues_) {
            if (&queue > next && !queue.waiting.empty()) ++queue.passed_over;
        }
        next->passed_over = 0;
        Client& client = *next->waiting.front();
        next->waiting.pop_front();
        return client;
    }

private:
    struct Queue {
        std::deque<Client*> waiting;
        unsigned passed_over = 0;
    };
    Queue& of(Rank rank) { return queues_.at(static_cast<std::size_t>(rank)); }

    std::array<Queue, 3> queues_;
};

}  // namespace rollcall::agent
