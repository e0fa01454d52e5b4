// SPDX-License-Identifier: Apache-2.0
#include "agent/control.h"

namespace rollcall::agent {

rpc::Member to_rpc(const serf::MemberRecord& record) {
    return {.name = record.name,
            .addr = record.address,
            .port = record.port,
            .tags = record.tags,
            .status = std::string{to_string(record.status)},
            .protocol_min = record.versions.pmin,
            .protocol_max = record.versions.pmax,
            .protocol_cur = record.versions.pcur,
            .delegate_min = record.versions.dmin,
            .delegate_max = record.versions.dmax,
            .delegate_cur = record.versions.dcur};
}

}  // namespace rollcall::agent
