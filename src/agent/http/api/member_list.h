// SPDX-License-Identifier: Apache-2.0
//
// Lists of members, written member by member as the client reads: a cluster of ten thousand is
// never one text, and takes no turn of the loop for itself. The place in the list is a name, so
// members may come and go meanwhile: one that is gone when its turn comes is left out. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "agent/http/answer.h"
#include "agent/session/control.h"

namespace rollcall::agent::http {

class MemberList final : public Source {
public:
    struct Parts {
        Control& control;
        std::string after = "";  // begins behind this name
        std::string head;        // "[", up to the first member
        std::string tail;        // after the last
        // Appends the member; false, without effect, if it is not in the list.
        std::function<bool(const std::string& name, std::string& to)> write;
        std::size_t limit = SIZE_MAX;  // members; then the name for the next page follows
        // What follows the last member where there are more: gets its name. "": no page can begin
        // behind that name, so this one goes on.
        std::function<std::string(const std::string& last)> tail_of_page = {};
    };
    explicit MemberList(Parts parts) : parts_{std::move(parts)}, looked_at_{parts_.after} {}

    State append(std::string& to) override;

private:
    Parts parts_;
    std::string looked_at_;  // the last name
    std::string written_;    // the last member in the list, if there is a limit
    std::size_t count_ = 0;  // of those written
    bool begun_ = false;
};

}  // namespace rollcall::agent::http
