// SPDX-License-Identifier: Apache-2.0
#include "serf/tag_updates.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "serf/tags.h"

namespace rollcall::serf {

Result<RequestId, CommandError> TagUpdates::start(Time now, Tags tags, Outbox& out) {
    if (!context_.speaks_serf()) return CommandError::no_serf_layer;
    const auto meta = encode_tags(tags);
    if (!meta) return CommandError::tags_too_large;
    if (context_.life != LifeState::alive) return CommandError::not_alive;
    const Config& config = context_.config;
    // A small packet_size leaves less room than the 512 bytes checked above.
    if (!config.membership.can_announce(meta->size())) return CommandError::tags_too_large;
    const auto update = context_.node.update_meta(now, *meta, config.broadcast_timeout, out);
    ROLLCALL_CHECK(update.ok());  // it is not leaving, and there is room
    context_.tags = std::move(tags);
    updates_.push_back(*update);
    return *update;
}

void TagUpdates::finished(const membership::UpdateFinished& event, Outbox& out) {
    const auto update = std::ranges::find(updates_, event.request);
    if (update == updates_.end()) return;
    updates_.erase(update);
    out.notify_serf(TagsFinished{.request = event.request, .timed_out = event.timed_out});
}

}  // namespace rollcall::serf
