// SPDX-License-Identifier: Apache-2.0
//
// Compares the expected with the received acks: the result of `rollcall reachability`. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>

#include "rpc/messages.h"

namespace rollcall::cli {

class Reachability {
public:
    explicit Reachability(std::span<const agent::rpc::Member> members);

    void add_ack(const std::string& from);
    [[nodiscard]] bool all_well() const;

    // Serf's lines; differences are listed, with advice.
    [[nodiscard]] std::string opening() const;
    [[nodiscard]] std::string verdict() const;
    [[nodiscard]] std::string as_json() const;  // one line

private:
    [[nodiscard]] std::set<std::string> missing() const;
    [[nodiscard]] std::set<std::string> unexpected() const;
    [[nodiscard]] std::set<std::string> duplicate() const;

    std::size_t members_;
    std::set<std::string> live_;
    std::map<std::string, unsigned> acks_;
};

// "Query time: 1.60 sec, time to last response: 0.09 sec"
[[nodiscard]] std::string timing_text(std::chrono::duration<double> all,
                                      std::chrono::duration<double> last);

}  // namespace rollcall::cli
