// SPDX-License-Identifier: Apache-2.0
//
// The few parts of std::expected that we use, until C++23 is the minimum.
#pragma once

#include <utility>
#include <variant>

#include "base/check.h"

namespace rollcall {

template <class T, class E>
class [[nodiscard]] Result {
public:
    Result(T value) : state_{std::in_place_index<0>, std::move(value)} {}
    Result(E error) : state_{std::in_place_index<1>, std::move(error)} {}

    explicit operator bool() const { return state_.index() == 0; }
    [[nodiscard]] bool ok() const { return state_.index() == 0; }
    T& operator*() { return value(); }
    const T& operator*() const { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    [[nodiscard]] T& value() {
        ROLLCALL_CHECK(ok());
        return *std::get_if<0>(&state_);
    }
    [[nodiscard]] const T& value() const {
        ROLLCALL_CHECK(ok());
        return *std::get_if<0>(&state_);
    }
    [[nodiscard]] const E& error() const {
        ROLLCALL_CHECK(!ok());
        return *std::get_if<1>(&state_);
    }

private:
    std::variant<T, E> state_;
};

}  // namespace rollcall
