// SPDX-License-Identifier: Apache-2.0
#include "agent/reloader.h"

#include <utility>

#include "base/joined.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kComponent = "agent";

}  // namespace

Reloader::Reloader(Parts parts)
    : parts_{std::move(parts)}, planner_{std::move(parts_.started_with)}, loading_{parts_.loop} {}

void Reloader::reload() {
    if (loading_.busy()) {
        again_ = true;  // the read in progress may be older than the signal
        return;
    }
    parts_.began();
    loading_.run(parts_.load, [this](Loaded loaded) {
        parts_.ended(take(std::move(loaded)));
        if (std::exchange(again_, false)) reload();
    });
}

void Reloader::refuse(const std::string& mistakes) {
    for (const std::string& mistake : lines_of(mistakes)) {
        parts_.log.write(Level::err, kComponent, "reload-failed",
                         "configuration unchanged: " + mistake);
    }
}

bool Reloader::take(Loaded loaded) {
    if (!loaded) {
        refuse(loaded.error());
        return false;
    }
    if (const auto error = apply_reload(loaded->settings, parts_.running, parts_.targets)) {
        refuse(error->to_string());
        return false;
    }
    Log& log = parts_.log;
    log_warnings(*loaded, log);
    const ReloadPlanner::Plan plan =
        planner_.plan(loaded->config, parts_.running.tags_file.empty());
    for (const std::string& key : plan.waiting) {
        log.write(Level::warn, kComponent, "setting-needs-restart",
                  key + " changed; takes effect after a restart", {{"setting", key}});
    }
    planner_.commit(std::move(loaded->config));
    log.write(Level::info, kComponent, "reloaded",
              plan.now.empty() ? "configuration reloaded, nothing changed"
                               : "configuration reloaded, changed: " + joined(plan.now),
              {{"changed", joined(plan.now)}});
    return true;
}

void log_warnings(const LoadedConfig& loaded, Log& log) {
    for (const std::string& warning : loaded.warnings) {
        log.write(Level::warn, kComponent, "setting-ignored", warning);
    }
    for (const std::string& risk : loaded.risks) {
        log.write(Level::warn, kComponent, "setting-risky", risk);
    }
}

}  // namespace rollcall::agent
