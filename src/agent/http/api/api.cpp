// SPDX-License-Identifier: Apache-2.0
#include "agent/http/api/api.h"

#include <utility>

#include "agent/http/api/routes.h"
#include "transport/clock.h"

namespace rollcall::agent::http {

// An answer that is given later.
class Api::Delay {
public:
    Delay(Api& api, Duration wait, Reply reply, Answer answer)
        : api_{api}, reply_{std::move(reply)}, answer_{std::move(answer)} {
        timer_.init(*this, api.parts_.loop);
        timer_.start<&Delay::due>(wait);
    }

private:
    void due() {
        reply_(std::move(answer_));
        std::erase_if(api_.delays_, [this](const auto& delay) { return delay.get() == this; });
    }

    Api& api_;
    transport::Timer<Delay> timer_;
    Reply reply_;
    Answer answer_;
};

Api::Api(ApiParts parts) : parts_{std::move(parts)}, tokens_{parts_.token} {}
Api::~Api() = default;

void Api::handle(const std::shared_ptr<const Request>& request, Reply reply) {
    Found found = find_route(request->head.method, request->target.path);
    if (found.allowed.empty()) return reply(error_answer(404, "there is no such path"));
    if (found.route == nullptr) {
        Answer answer =
            error_answer(405, "the method is not allowed for this path; allowed: " + found.allowed);
        answer.headers.emplace_back("Allow", found.allowed);
        return reply(std::move(answer));
    }
    if (found.route->method == "POST" && !admits(*request, reply)) return;
    if (found.route->method == "GET" && !request->body.empty()) {
        return reply(error_answer(400, "a GET has no body"));
    }
    found.route->run({.parts = parts_,
                      .request = request,
                      .member = std::move(found.member),
                      .reply = std::move(reply)});
}

bool Api::admits(const Request& request, const Reply& reply) {
    if (!tokens_.has_token()) {
        if (parts_.stats != nullptr) ++(*parts_.stats)[Refused::token];
        reply(error_answer(403, "nothing can be changed over HTTP: --http-token is not set"));
        return false;
    }
    const std::string* const given = request.head.find("authorization");
    if (given != nullptr && tokens_.is_right(*given)) {
        tokens_.right(request.client);
        return true;
    }
    if (parts_.stats != nullptr) ++(*parts_.stats)[Refused::token];
    Answer answer =
        error_answer(401, given == nullptr ? "this needs the header Authorization: Bearer TOKEN"
                                           : "the token is wrong");
    answer.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"rollcall\"");
    if (given == nullptr) {
        reply(std::move(answer));  // no guess
    } else {
        answer_late(tokens_.wrong(transport::clock_now(), request.client), reply,
                    std::move(answer));
    }
    return false;
}

void Api::answer_late(Duration wait, Reply reply, Answer answer) {
    delays_.push_back(std::make_unique<Delay>(*this, wait, std::move(reply), std::move(answer)));
}

}  // namespace rollcall::agent::http
