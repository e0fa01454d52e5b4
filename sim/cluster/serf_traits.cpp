// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster/serf_traits.h"

#include <variant>

#include "sim/cluster/cluster_impl.h"

namespace rollcall::sim {
namespace {

struct SerfTeller {
    std::string operator()(const serf::MemberEvent& e) const {
        return "serf       " + std::string{to_string(e.kind)} + " " + e.member.name + " is " +
               std::string{to_string(e.member.status)} +
               (e.from.empty() ? "" : ", said by " + e.from);
    }
    std::string operator()(const serf::ForceLeaveFinished& e) const {
        return e.timed_out ? "serf       force-leave done, timed out"
                           : "serf       force-leave done";
    }
    std::string operator()(const serf::LeaveFinished&) const { return "serf       leave done"; }
    std::string operator()(const serf::TagsFinished& e) const {
        return e.timed_out ? "serf       tags done, timed out" : "serf       tags done";
    }
    std::string operator()(const serf::JoinFinished& e) const {
        return "serf       join done " + std::to_string(e.contacted) + " ok, " +
               std::to_string(e.failed) + " failed";
    }
    std::string operator()(const serf::MessageRejected& e) const {
        return "serf       refused a message of type " + std::to_string(e.type) + ": " + e.reason;
    }
    std::string operator()(const serf::UserEventReceived& e) const {
        return "serf       user event " + e.name + " of time " + std::to_string(e.time.value());
    }
    std::string operator()(const serf::QueryReceived& e) const {
        return "serf       query " + e.name + " of " + e.source;
    }
    std::string operator()(const serf::QueryAcked& e) const {
        return "serf       query acknowledged by " + e.from;
    }
    std::string operator()(const serf::QueryAnswered& e) const {
        return "serf       query answered by " + e.from;
    }
    std::string operator()(const serf::QueryFinished& e) const {
        return "serf       query done, " + std::to_string(e.acks) + " acks, " +
               std::to_string(e.answers) + " answers";
    }
    std::string operator()(const serf::KeyCommandFinished& e) const {
        return "serf       " + std::string{serf::query_of(e.command)} + " done, " +
               std::to_string(e.answers.size()) + " of " + std::to_string(e.nodes) + " answered, " +
               std::to_string(e.failures()) + " failed";
    }
    std::string operator()(const serf::KeyCommandHandled&) const { return {}; }
    std::string operator()(const serf::KeyringChanged&) const {
        return "serf       keyring changed";
    }
    std::string operator()(const serf::NameConflictDecided& e) const {
        return std::string{"serf       name "} +
               (e.outvoted ? "outvoted, "
                : e.kept   ? "kept, "
                           : "lost, ") +
               std::to_string(e.for_us) + " of " + std::to_string(e.answers) + " for us";
    }
    std::string operator()(const serf::TimingsTuned& e) const {
        return "serf       tuning " + e.id + " " + std::string{to_string(e.what)} +
               (e.reason.empty() ? ", " + e.changes : ": " + e.reason);
    }
    std::string operator()(const serf::BuiltInQueryReceived& e) const {
        return "serf       built-in query " + e.name + " from " + e.source;
    }
};

}  // namespace

std::string describe(const serf::Event& event) {
    return std::visit(SerfTeller{}, event);
}

void CoreTraits<serf::Serf>::chronicle(Time at, std::uint32_t node, const Outbox& out,
                                       Chronicle& chronicle) {
    for (const serf::Event& event : out.serf_events()) {
        // That a keyring changed is in the story; who asked for it is for an agent's log.
        if (std::holds_alternative<serf::KeyCommandHandled>(event)) continue;
        chronicle.note(at, node, describe(event));
        if (const auto* changed = std::get_if<serf::MemberEvent>(&event)) {
            chronicle.sighted({at, node, changed->member.name, kLayerOf<serf::Status>,
                               static_cast<std::uint8_t>(changed->member.status)});
        }
    }
}

template class SimCluster<serf::Serf>;

}  // namespace rollcall::sim
