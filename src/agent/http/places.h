// SPDX-License-Identifier: Apache-2.0
//
// The places of clients: so many at once, and so many of one address. A place is given back when
// its holder is destroyed. One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "agent/http/limits.h"

namespace rollcall::agent::http {

class Places {
public:
    class Place {
    public:
        Place() = default;
        Place(Places& places, std::string address)
            : places_{&places}, address_{std::move(address)} {
            ++places.taken_;
            ++places.by_address_[address_];
        }
        Place(Place&& other) noexcept
            : places_{std::exchange(other.places_, nullptr)}, address_{std::move(other.address_)} {}
        Place& operator=(Place&& other) noexcept {
            std::swap(places_, other.places_);
            std::swap(address_, other.address_);
            return *this;
        }
        ~Place() {
            if (places_ != nullptr) places_->give_back(address_);
        }
        [[nodiscard]] const std::string& address() const { return address_; }

    private:
        Places* places_ = nullptr;
        std::string address_;
    };

    explicit Places(const Limits& limits) : limits_{limits} {}

    [[nodiscard]] bool full() const { return taken_ >= limits_.connections; }
    [[nodiscard]] bool full_for(const std::string& address) const {
        const auto found = by_address_.find(address);
        return found != by_address_.end() && found->second >= limits_.connections_per_address;
    }
    // Whether there is room is the caller's to ask first.
    [[nodiscard]] Place take(std::string address) { return Place{*this, std::move(address)}; }
    [[nodiscard]] std::size_t taken() const { return taken_; }

private:
    void give_back(const std::string& address) {
        --taken_;
        const auto found = by_address_.find(address);
        if (--found->second == 0) by_address_.erase(found);
    }

    const Limits& limits_;
    std::size_t taken_ = 0;
    std::unordered_map<std::string, std::size_t> by_address_;
};

}  // namespace rollcall::agent::http
