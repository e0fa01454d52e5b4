// SPDX-License-Identifier: Apache-2.0
#include "agent/http_side.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <variant>

#include "agent/host/advertise.h"
#include "agent/http/page.h"
#include "agent/metrics/http_metrics.h"

namespace rollcall::agent {

void HttpSide::build() {
    vitals_ = std::make_unique<http::Vitals>(
        parts_.loop, [this] { return standing(); },
        [this] {
            parts_.lag.ask();
            return parts_.lag.latest();
        });
    http::Limits limits;
    limits.connections = std::min(limits.connections, parts_.clients);
    server_ = std::make_unique<http::Server>(http::Server::Parts{
        .loop = parts_.loop,
        .log = parts_.log,
        .turns = parts_.turns,
        .limits = limits,
        .host_names = parts_.settings.http_host,
        .handle = [this](const std::shared_ptr<const http::Request>& request, http::Reply reply) {
            api_->handle(request, std::move(reply));
        }});
    api_ = std::make_unique<http::Api>(
        http::ApiParts{.loop = parts_.loop,
                       .control = parts_.control,
                       .log = parts_.log,
                       .limits = limits,
                       .stats = &server_->stats(),
                       .token = parts_.settings.http_token,
                       .page = {.html = http::page_html(), .csp = http::page_policy()},
                       .self = [this] { return parts_.stats.self(); },
                       .sample = [this] { return parts_.samples.json(); },
                       .health = [this] { return vitals_->health(); },
                       .readiness = [this] { return vitals_->readiness(); },
                       .metrics = [this] { return scrape_source(parts_.metrics); }});
}

Result<RpcAddress, http::ListenError> HttpSide::listen_at(const RpcAddress& at, TlsFront* tls) {
    const auto* const sealed = std::get_if<TlsAddress>(&at);
    if (sealed == nullptr) return server_->listen(at);
    auto bound = tls->listen(Service::http, sealed->endpoint);
    if (!bound) return http::ListenError{.text = "HTTP address " + bound.error()};
    if (auto error = server_->open()) return http::ListenError{.text = std::move(*error)};
    return RpcAddress{TlsAddress{*bound}};
}

void HttpSide::admit(OwnedFd socket, const Endpoint& local, const Endpoint& from) {
    if (open_) server_->admit(std::move(socket), local, from);
}

Result<std::optional<RpcAddress>, std::string> HttpSide::listen(TlsFront* tls) {
    if (!parts_.settings.http_addr) return std::optional<RpcAddress>{};
    build();
    const auto bound = listen_at(*parts_.settings.http_addr, tls);
    if (!bound) {
        if (!bound.error().in_use || !parts_.settings.http_addr_is_default) {
            return bound.error().text;
        }
        parts_.log.write(Level::warn, "http", "http-off", "no HTTP: " + bound.error().text,
                         {{"address", to_string(*parts_.settings.http_addr)}});
        return std::optional<RpcAddress>{};
    }
    open_ = true;
    parts_.stats.add_http(*server_);
    parts_.metrics.add_source([this](Families& families) { add_metrics(families); });
    vitals_->begin();
    log_open(*bound);
    return std::optional<RpcAddress>{*bound};
}

// Reading needs no token: what the agent knows about the cluster is for those who reach it.
void HttpSide::log_open(const RpcAddress& at) const {
    const Endpoint* const endpoint = endpoint_of(at);
    if (endpoint == nullptr || is_loopback(*endpoint) ||
        (std::holds_alternative<TlsAddress>(at) && parts_.settings.tls_verify_client)) {
        return;
    }
    parts_.log.write(Level::info, "http", "http-open",
                     "any client that reaches " + endpoint->to_string() +
                         " can read members, tags and events of this cluster",
                     {{"address", endpoint->to_string()}});
}

void HttpSide::add_metrics(Families& families) const {
    families.gauge("rollcall_ready", "1 while /readyz answers 200.",
                   std::ranges::all_of(vitals_->readiness(), &http::Check::ok) ? 1 : 0);
    agent::add_metrics(server_->load(), families);
    agent::add_metrics(server_->stats(), families);
}

http::Standing HttpSide::standing() const {
    const membership::Node& node = parts_.core.node();
    http::Standing standing{.joined = parts_.seeds.joined() || node.alive_count() > 1,
                            .leaving = node.leaving(),
                            .members = parts_.core.stats().members,
                            .not_sending = {}};
    if (const auto failing = node.sends_failing()) {
        standing.not_sending = std::generic_category().message(failing->error);
    }
    return standing;
}

void HttpSide::close(Duration limit, const std::function<void()>& closed) {
    if (!open_) {
        if (closed) closed();
        return;
    }
    server_->close(limit, [this, closed] { vitals_->close(closed); });
}

}  // namespace rollcall::agent
