// SPDX-License-Identifier: Apache-2.0
//
// RunningAgent when its configuration is read again: which of its parts a reload changes.
#include <memory>
#include <utility>

#include "agent/running_agent.h"

namespace rollcall::agent {

void RunningAgent::reload_from(AgentConfig started_with, Reloader::Loader load) {
    const auto timings = [this](const serf::TimingSettings& wanted) {
        return driver_->command([&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
            return core.reconfigure(now, wanted, out);
        });
    };
    const auto tags = [this](const serf::Tags& wanted) {
        if (core_->tags() == wanted) return;
        set_tags(wanted, [this](const std::string& problem) {
            if (problem.empty()) return;
            log_->write(Level::warn, "agent", "reload-tags", "the new tags: " + problem);
        });
    };
    const auto event_handlers = [this](const std::vector<EventScript>& scripts, Duration limit) {
        handlers_->replace(scripts, limit);
    };
    reloader_ = std::make_unique<Reloader>(
        Reloader::Parts{.loop = loop_,
                        .log = *log_,
                        .running = settings_,
                        .targets = {.timings = timings,
                                    .tags = tags,
                                    .event_handlers = event_handlers,
                                    .log_level = [this](Level level) { log_->set_level(level); }},
                        .started_with = std::move(started_with),
                        .load = std::move(load)});
}

void RunningAgent::reload() {
    if (reloader_ && !stopping_) reloader_->reload();
}

}  // namespace rollcall::agent
