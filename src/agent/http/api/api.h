// SPDX-License-Identifier: Apache-2.0
//
// The API behind the HTTP server: finds the route of a request, checks the token where something
// would be changed, and runs it. The loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>

#include "agent/http/answer.h"
#include "agent/http/api/parts.h"
#include "agent/http/token_guard.h"
#include "transport/uv_timer.h"

namespace rollcall::agent::http {

class Api {
public:
    explicit Api(ApiParts parts);
    ~Api();
    Api(const Api&) = delete;
    Api& operator=(const Api&) = delete;

    void handle(const std::shared_ptr<const Request>& request, Reply reply);

private:
    class Delay;
    [[nodiscard]] bool admits(const Request& request, const Reply& reply);
    void answer_late(Duration wait, Reply reply, Answer answer);

    ApiParts parts_;
    TokenGuard tokens_;
    std::list<std::unique_ptr<Delay>> delays_;
};

}  // namespace rollcall::agent::http
