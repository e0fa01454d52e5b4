// SPDX-License-Identifier: Apache-2.0
//
// The subcommands, one family per file. Each function describes one, independently of the others.
#pragma once

#include "cli/command.h"

namespace rollcall::cli {

// commands_agent.cpp
Command agent_command();
// commands_completion.cpp
Command completion_command();
// demo/demo_command.cpp
Command demo_command();
// commands_doctor.cpp
Command doctor_command();
// commands_man.cpp
Command man_command();
// commands_members.cpp
Command members_command();
// commands_change.cpp
Command join_command();
Command leave_command();
Command force_leave_command();
Command tags_command();
// commands_info.cpp
Command info_command();
Command keygen_command();
Command version_command();
// commands_partitions.cpp
Command partitions_command();
// commands_query.cpp
Command event_command();
Command query_command();
Command reachability_command();
// commands_keys.cpp
Command keys_command();
// commands_rtt.cpp
Command rtt_command();
// commands_monitor.cpp
Command monitor_command();
// commands_tls.cpp
Command tls_command();
// top/top_command.cpp
Command top_command();
// commands_tune.cpp
Command tune_command();
// commands_why.cpp
Command why_command();

// All of them, in the order of `rollcall --help`.
[[nodiscard]] CommandTable all_commands();

}  // namespace rollcall::cli
