// SPDX-License-Identifier: Apache-2.0
//
// rollcall-settings(5): each setting of an agent, by its key in configuration files.
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/allowed.h"
#include "agent/config/settings_table.h"
#include "cli/man.h"
#include "cli/man_text.h"

namespace rollcall::cli {
namespace {

std::string setting_in_roff(const agent::Setting& setting) {
    std::string text =
        in_roff(setting.help) + "\n.br\n" +
        in_roff("Default: " + agent::default_of(setting) +
                ". Allowed: " + agent::in_text(setting.allowed) + ". SIGHUP: " +
                (setting.on_reload == agent::OnReload::restart ? "after a restart"
                                                               : "takes effect at once") +
                '.') +
        "\n.br\n" + in_roff("Flag ") + bold("--" + std::string{setting.flag}) +
        in_roff(", variable ") + bold(agent::environment_name(setting));
    if (!setting.more.credential.empty()) {
        text += in_roff(", credential ") + bold(setting.more.credential);
    }
    return text + '.';
}

}  // namespace

std::string settings_man_page() {
    std::string text =
        man_head(
            {.name = "rollcall-settings", .section = "5", .what = "settings of a rollcall agent"}) +
        man_section("Description") +
        in_roff(
            "An agent reads its settings from credentials of its service manager, from JSON files "
            "(--config-file, --config-dir), from the environment and from flags, in this order: a "
            "later source overrides an earlier one, and lists and tags add up. Files may have "
            "comments. Durations are texts such as \"500ms\", \"30s\", \"5m\".\n"
            "'rollcall agent --check' checks all settings and shows where each comes from. SIGHUP "
            "makes a running agent read them again.\n"
            "A credential is a file in $CREDENTIALS_DIRECTORY, as systemd's LoadCredential= puts "
            "it there: its path is the value of the setting.") +
        '\n' + man_section("Files") +
        man_item(bold("/etc/rollcall/agent.json"),
                 in_roff("The settings that rollcall.service gives to its agent.")) +
        man_section("Settings");
    const std::vector<std::string_view> groups = agent::group_titles();
    std::string_view group;
    std::size_t index = 0;
    for (const agent::Setting& setting : agent::all_settings()) {
        if (groups[index] != group) text += man_group(groups[index]);
        group = groups[index++];
        text += man_item(bold(setting.key), setting_in_roff(setting));
    }
    return text + man_section("See also") + bold("rollcall-agent") + "(1)\n";
}

}  // namespace rollcall::cli
