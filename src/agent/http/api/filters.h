// SPDX-License-Identifier: Apache-2.0
//
// Which members a client asks for: name=REGEXP, status=REGEXP and tag=KEY=REGEXP, of which several
// may be given; all must match. As those of `rollcall members`, and as long together as theirs may
// be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/http/api/call.h"
#include "rpc/member_filter.h"

namespace rollcall::agent::http {

class Filters {
public:
    [[nodiscard]] static Filters of_members(Parameters& parameters);
    // Of tags only.
    [[nodiscard]] static Filters of_tags(Parameters& parameters);
    [[nodiscard]] bool want(const serf::MemberRecord& member) const;

private:
    // Compiles it. False: it is a mistake, which was noted.
    bool add(Parameters& parameters, std::string_view parameter, const std::string& expression,
             const rpc::MembersFilteredRequest& request);
    void add_tags(Parameters& parameters, const std::vector<std::string>& tags);

    std::vector<MemberFilter> filters_;
};

}  // namespace rollcall::agent::http
