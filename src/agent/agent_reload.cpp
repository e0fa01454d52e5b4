// SPDX-License-Identifier: Apache-2.0
//
// RunningAgent when its configuration is read again.
#include <utility>

#include "agent/running_agent.h"
#include "base/joined.h"

namespace rollcall::agent {

void RunningAgent::reload_from(AgentConfig started_with, Loader load) {
    planner_.emplace(std::move(started_with));
    load_ = std::move(load);
}

// Files are read off the loop: a slow disk must not keep us from answering probes.
void RunningAgent::reload() {
    if (!load_ || shutdown_.begun()) return;
    if (loading_.busy()) {
        reload_again_ = true;  // what is being read may be older than the signal
        return;
    }
    loading_.run(load_, [this](Loaded loaded) {
        if (shutdown_.begun()) return;
        take(std::move(loaded));
        if (std::exchange(reload_again_, false)) reload();
    });
}

void RunningAgent::take(Loaded loaded) {
    const auto refuse = [this](const std::string& why) {
        for (const std::string& mistake : lines_of(why)) {
            log_->write(Level::err, "agent", "reload-failed",
                        "the configuration stays as it is: " + mistake);
        }
    };
    if (!loaded) return refuse(loaded.error());
    const Settings& wanted = loaded->settings;
    const auto error = driver_->command([&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
        return core.reconfigure(now, serf::TimingSettings::of(wanted.serf), out);
    });
    if (error) return refuse(error->to_string());

    for (const std::string& warning : loaded->warnings) {
        log_->write(Level::warn, "agent", "setting-ignored", warning);
    }
    ReloadPlanner::Plan plan = planner_->plan(loaded->config);
    const bool own_tags = settings_.tags_file.empty();
    if (!own_tags)
        std::erase_if(plan.now, [](auto& key) { return key == "tags" || key == "role"; });
    for (const std::string& key : plan.waiting) {
        log_->write(Level::warn, "agent", "setting-needs-restart",
                    key + " is other than before, and will be when the agent is started again",
                    {{"setting", key}});
    }
    log_->set_level(wanted.log_level);
    settings_.log_level = wanted.log_level;
    settings_.leave_on_terminate = wanted.leave_on_terminate;
    settings_.skip_leave_on_interrupt = wanted.skip_leave_on_interrupt;
    settings_.profile = wanted.profile;
    handlers_->replace(wanted.event_handlers, wanted.event_handler_timeout);
    // As with Serf: what a client set since is replaced, too. A tags file is ours while we run.
    if (own_tags && core_->tags() != wanted.serf.tags) {
        commands_->set_tags(wanted.serf.tags, [this](const std::string& problem) {
            if (problem.empty()) return;
            log_->write(Level::warn, "agent", "reload-tags", "the new tags: " + problem);
        });
    }
    planner_->took(std::move(loaded->config));
    log_->write(Level::info, "agent", "reloaded",
                plan.now.empty() ? "configuration read again: nothing else than before"
                                 : "configuration read again, changed: " + joined(plan.now),
                {{"changed", joined(plan.now)}});
}

}  // namespace rollcall::agent
