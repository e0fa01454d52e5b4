// SPDX-License-Identifier: Apache-2.0
//
// Keys of Serf's configuration files that have no setting here. Most are ignored with a warning;
// keys that would change what the agent does are refused. Constant data.
#pragma once

#include <array>
#include <string_view>

namespace rollcall::agent {

struct SerfKey {
    std::string_view key;
    std::string_view advice;
    bool refused = false;
};

inline constexpr std::array kSerfKeys{
    SerfKey{"discover", "name seeds in 'retry_join' instead", true},
    SerfKey{"mdns", "name seeds in 'retry_join' instead"},
    SerfKey{"statsite_addr", "metrics are not sent; see 'rollcall info'"},
    SerfKey{"statsd_addr", "metrics are not sent; see 'rollcall info'"},
    SerfKey{"enable_compression", "Serf ignores it too; see 'disable_compression'"},
    SerfKey{"validate_node_names", "Serf's agent ignores it too"},
};

}  // namespace rollcall::agent
