// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

namespace rollcall::cli {

CommandTable all_commands() {
    return {agent_command,        completion_command,  demo_command,       doctor_command,
            event_command,        force_leave_command, info_command,       join_command,
            keygen_command,       keys_command,        leave_command,      man_command,
            members_command,      monitor_command,     partitions_command, query_command,
            reachability_command, rtt_command,         tags_command,       tls_command,
            top_command,          tune_command,        version_command,    why_command};
}

}  // namespace rollcall::cli
