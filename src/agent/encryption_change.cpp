// SPDX-License-Identifier: Apache-2.0
#include "agent/encryption_change.h"

#include <string>

#include "agent/metrics/encryption_figures.h"

namespace rollcall::agent {
namespace {

bool leaves_out_a_step(wire::Encryption from, wire::Encryption to) {
    const int steps = static_cast<int>(to) - static_cast<int>(from);
    return steps > 1 || steps < -1;
}

}  // namespace

void change_encryption(Time now, wire::Encryption wanted, serf::Serf& core, Log& log) {
    constexpr std::string_view kComponent = "agent";
    const wire::Encryption before = core.node().encryption();
    const std::string to{to_string(wanted)};
    const std::string from{to_string(before)};
    if (core.node().keyring().empty()) {
        log.write(Level::warn, kComponent, "encryption-without-key",
                  "encryption stays off: this agent has no key", {{"step", to}});
        return;
    }
    core.set_encryption(wanted);
    log.write(Level::info, kComponent, "encryption-changed",
              "the encryption is now '" + to + "', after '" + from + '\'',
              {{"step", to}, {"before", from}});
    if (leaves_out_a_step(before, wanted)) {
        log.write(Level::warn, kComponent, "encryption-step-left-out",
                  "from '" + from + "' to '" + to +
                      "' leaves out a step: agents that are not so far yet, and this one, do not "
                      "understand each other",
                  {{"step", to}, {"before", from}});
    }
    const std::string sources = plain_text_sources(now, core.node());
    if (wanted == wire::Encryption::require && !sources.empty()) {
        log.write(Level::warn, kComponent, "plain-text-refused",
                  "in the last five minutes plain text came from " + sources +
                      "; it is refused from now on",
                  {{"sources", sources}});
    }
}

}  // namespace rollcall::agent
