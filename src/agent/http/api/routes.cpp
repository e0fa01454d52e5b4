// SPDX-License-Identifier: Apache-2.0
#include "agent/http/api/routes.h"

#include <algorithm>
#include <array>

namespace rollcall::agent::http {
namespace {

constexpr std::array kRoutes{
    Route{"GET", "/", get_page},
    Route{"GET", "/status", get_status},
    Route{"GET", "/heartbeat", get_heartbeat},
    Route{"GET", "/metrics", get_metrics},
    Route{"GET", "/healthz", get_health},
    Route{"GET", "/readyz", get_readiness},
    Route{"GET", "/v1/agent", get_agent},
    Route{"GET", "/v1/members", get_members},
    Route{"GET", "/v1/members/*", get_member},
    Route{"GET", "/v1/members/*/history", get_history},
    Route{"GET", "/v1/events", get_events},
    Route{"GET", "/v1/coordinates", get_coordinates},
    Route{"GET", "/v1/sd/prometheus", get_targets},
    Route{"GET", "/v1/openapi.json", get_openapi},
    Route{"POST", "/v1/join", post_join},
    Route{"POST", "/v1/leave", post_leave},
    Route{"POST", "/v1/members/*/force-leave", post_force_leave},
    Route{"POST", "/v1/tags", post_tags},
    Route{"POST", "/v1/event", post_event},
    Route{"POST", "/v1/query", post_query},
    Route{"POST", "/v1/keys", post_keys},
};

// Whether the path is of this form; `member` is then what stands for `*`.
bool matches(std::string_view form, const std::vector<std::string>& path, std::string& member) {
    form.remove_prefix(1);
    if (form.empty()) return path.empty();
    for (std::size_t at = 0; at < path.size(); ++at) {
        const auto end = form.find('/');
        const std::string_view segment = form.substr(0, end);
        if (segment == "*") {
            if (path[at].empty()) return false;
            member = path[at];
        } else if (segment != path[at]) {
            return false;
        }
        const bool last = end == std::string_view::npos;
        if (last) return at + 1 == path.size();
        form.remove_prefix(end + 1);
    }
    return false;
}

}  // namespace

std::span<const Route> all_routes() {
    return kRoutes;
}

Found find_route(std::string_view method, const std::vector<std::string>& path) {
    if (method == "HEAD") method = "GET";  // the body is left out when it is written
    Found found;
    for (const Route& route : kRoutes) {
        std::string member;
        if (!matches(route.path, path, member)) continue;
        if (route.method == method) {
            found.route = &route;
            found.member = std::move(member);
        }
        if (!found.allowed.empty()) found.allowed += ", ";
        found.allowed += route.method == "GET" ? "GET, HEAD" : route.method;
    }
    return found;
}

}  // namespace rollcall::agent::http
