// SPDX-License-Identifier: Apache-2.0
//
// Connects the parts of a running agent to what a reload changes.
#include <memory>
#include <string>
#include <utility>

#include "agent/encryption_change.h"
#include "agent/running_agent.h"
#include "transport/clock.h"

namespace rollcall::agent {

void RunningAgent::reload_from(AgentConfig started_with, Reloader::Loader load) {
    const auto timings = [this](const serf::TimingSettings& wanted) {
        return driver_->command([&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
            return core.reconfigure(now, wanted, out);
        });
    };
    const auto tags = [this](const serf::Tags& wanted) {
        if (core_->tags() == wanted) return;
        commands_->set_tags(wanted, [this](const std::string& problem) {
            if (problem.empty()) return;
            log_->write(Level::warn, "agent", "reload-tags", "setting the new tags: " + problem);
        });
    };
    const auto event_handlers = [this](const std::vector<EventScript>& scripts, Duration limit) {
        handlers_->replace(scripts, limit);
    };
    const auto encryption = [this](wire::Encryption wanted) {
        change_encryption(transport::clock_now(), wanted, *core_, *log_);
    };
    const auto credentials = [this](std::shared_ptr<const tls::Credentials> own) {
        if (tls_) tls_->use(std::move(own));
    };
    reloader_ = std::make_unique<Reloader>(
        Reloader::Parts{.loop = loop_,
                        .log = *log_,
                        .running = settings_,
                        .targets = {.timings = timings,
                                    .tags = tags,
                                    .event_handlers = event_handlers,
                                    .log_level = [this](Level level) { log_->set_level(level); },
                                    .encryption = encryption,
                                    .credentials = credentials},
                        .began = [this] { service_->reload_began(); },
                        .ended = [this](bool taken) { service_->reload_ended(taken); },
                        .started_with = std::move(started_with),
                        .load = std::move(load)});
}

}  // namespace rollcall::agent
