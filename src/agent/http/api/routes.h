// SPDX-License-Identifier: Apache-2.0
//
// The table of the API's paths (docs/http.md): method, path, and what runs. `*` stands for the name
// of a member. Constant data.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/http/api/call.h"

namespace rollcall::agent::http {

struct Route {
    std::string_view method;  // "GET", which stands for HEAD as well, or "POST"
    std::string_view path;    // "/v1/members/*/history"
    void (*run)(const Call& call);
};

[[nodiscard]] std::span<const Route> all_routes();

struct Found {
    const Route* route = nullptr;  // null: no such path, or not with this method
    std::string member;
    std::string allowed;  // methods of the path, "" if there is no such path
};
[[nodiscard]] Found find_route(std::string_view method, const std::vector<std::string>& path);

// What the routes run, one function each, in reading.cpp, discovery.cpp, event_stream.cpp,
// writing.cpp and cluster_writing.cpp.
void get_page(const Call& call);
void get_status(const Call& call);
void get_heartbeat(const Call& call);
void get_agent(const Call& call);
void get_members(const Call& call);
void get_member(const Call& call);
void get_history(const Call& call);
void get_events(const Call& call);
void get_coordinates(const Call& call);
void get_targets(const Call& call);
void get_metrics(const Call& call);
void get_health(const Call& call);
void get_readiness(const Call& call);
void get_openapi(const Call& call);
void post_join(const Call& call);
void post_leave(const Call& call);
void post_force_leave(const Call& call);
void post_tags(const Call& call);
void post_event(const Call& call);
void post_query(const Call& call);
void post_keys(const Call& call);

}  // namespace rollcall::agent::http
