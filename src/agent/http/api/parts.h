// SPDX-License-Identifier: Apache-2.0
//
// What the API is made of: the agent behind it, as calls. Plain values.
#pragma once

#include <uv.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/http/answer.h"
#include "agent/http/limits.h"
#include "agent/http/stats.h"
#include "agent/log/logging.h"
#include "agent/session/control.h"
#include "base/time.h"

namespace rollcall::agent::http {

// This agent, cheap to ask.
struct Self {
    std::string name;
    std::string version;
    std::string address;  // advertised
    std::string profile;
    Duration uptime{};
    unsigned health_score = 0;
    bool encrypted = false;
    std::size_t alive = 0;
};

// One thing that a health check looked at.
struct Check {
    std::string_view name;  // "loop"
    bool ok = true;
    std::string detail;  // for people
};

// The page at `/`, and the content security policy that it needs. Static.
struct Page {
    std::string_view html;
    std::string_view csp;
};

struct ApiParts {
    uv_loop_t& loop;
    Control& control;
    Log& log;
    Limits limits;
    Stats* stats = nullptr;  // of the server
    std::string token;       // "": nothing can be changed
    Page page;
    std::function<Self()> self;
    // The last sample of this machine, or why there is none. Empty: {"state": "off"}.
    std::function<nlohmann::ordered_json()> sample;
    std::function<std::vector<Check>()> health;     // the process and its loop
    std::function<std::vector<Check>()> readiness;  // the agent as a member
    // Prometheus text. Empty: there is none.
    std::function<std::unique_ptr<Source>()> metrics;
};

}  // namespace rollcall::agent::http
