// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster/cluster_impl.h"

namespace rollcall::sim {

template class SimCluster<membership::Node>;

}  // namespace rollcall::sim
