// SPDX-License-Identifier: Apache-2.0
#include "agent/config/reload.h"

#include <set>

#include "agent/config/settings_table.h"

namespace rollcall::agent {

ReloadPlanner::Plan ReloadPlanner::plan(const AgentConfig& wanted, bool own_tags) const {
    Plan plan;
    for (const Setting& setting : all_settings()) {
        const bool reloads = setting.on_reload != OnReload::restart;
        const AgentConfig& running = reloads ? latest_ : at_start_;
        if (value_of(setting, running) == value_of(setting, wanted)) continue;
        if (setting.on_reload == OnReload::tags && !own_tags) continue;
        (reloads ? plan.now : plan.waiting).emplace_back(setting.key);
    }
    return plan;
}

std::optional<ConfigError> apply_reload(const Settings& wanted, Settings& running,
                                        const ReloadTargets& targets) {
    std::set<OnReload> steps;  // ordered: the timings first, since they may be refused
    for (const Setting& setting : all_settings()) steps.insert(setting.on_reload);
    for (const OnReload step : steps) {
        switch (step) {
            case OnReload::restart:
                break;
            case OnReload::timings:
                if (auto error = targets.timings(serf::TimingSettings::of(wanted.serf))) {
                    return error;
                }
                running.profile = wanted.profile;
                break;
            case OnReload::tags:
                // As with Serf, tags that a client has set are replaced, too. With a tags file, a
                // running agent keeps its tags.
                if (running.tags_file.empty()) targets.tags(wanted.serf.tags);
                break;
            case OnReload::event_handlers:
                targets.event_handlers(wanted.event_handlers, wanted.event_handler_timeout);
                break;
            case OnReload::signals:
                running.leave_on_terminate = wanted.leave_on_terminate;
                running.skip_leave_on_interrupt = wanted.skip_leave_on_interrupt;
                break;
            case OnReload::log_level:
                targets.log_level(wanted.log_level);
                running.log_level = wanted.log_level;
                break;
            case OnReload::encryption:
                // Keys of a file that changed need a restart: the running ones decide.
                if (running.encryption != wanted.encryption) targets.encryption(wanted.encryption);
                running.encryption = wanted.encryption;
                break;
            case OnReload::tls:
                // The files may have changed under the same names.
                if (wanted.credentials) targets.credentials(wanted.credentials);
                running.credentials = wanted.credentials;
                running.tls_verify_client = wanted.tls_verify_client;
                break;
        }
    }
    return {};
}

}  // namespace rollcall::agent
