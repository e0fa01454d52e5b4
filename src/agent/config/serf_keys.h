// SPDX-License-Identifier: Apache-2.0
//
// Keys of Serf's configuration files that an agent of ours does not follow, and what it does about
// them: some change nothing of weight, and a warning is enough; others would make an agent do what
// its operator did not ask for, and are refused. Constant data.
#pragma once

#include <array>
#include <string_view>

namespace rollcall::agent {

struct SerfKey {
    std::string_view key;
    std::string_view advice;  // "" for one whose absence nobody notices
    bool refused = false;
};

inline constexpr std::array kSerfKeys{
    SerfKey{"discover", "name seeds in 'retry_join' instead", true},
    SerfKey{"mdns", "name seeds in 'retry_join' instead"},
    SerfKey{"statsite_addr", "no figures are sent; see 'rollcall info'"},
    SerfKey{"statsd_addr", "no figures are sent; see 'rollcall info'"},
    SerfKey{"enable_compression", "Serf does not follow it either; see 'disable_compression'"},
    SerfKey{"validate_node_names", "Serf's agent does not follow it either"},
};

}  // namespace rollcall::agent
