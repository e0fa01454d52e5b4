# SPDX-License-Identifier: Apache-2.0
"""Cores without one of the guards against attacks: packets, floods, lies, walks and forged names."""

from mutations import Mutation

ATTACK_MUTATIONS = (
    Mutation(
        "compounds-nest", "a compound inside a compound is read",
        "wire/packet.cpp",
        (("                if (inside == Inside::compound) return visitor_.rejected(DecodeError::nested);\n", ""),),
        tests="RuleX1.*"),
    Mutation(
        "compressions-nest", "a compressed part of a packet is read",
        "wire/packet.cpp",
        (("                if (inside != Inside::nothing) return visitor_.rejected(DecodeError::nested);\n", ""),),
        tests="RuleX1.*"),
    Mutation(
        "any-number-of-pings", "a datagram may have any number of pings",
        "answer_limits.h",
        (("requests_ < kRequestsPerDatagram)", "true)"),),
        tests="RuleX4.*"),
    Mutation(
        "any-number-of-answers", "a datagram may cause any number of answers",
        "answer_limits.h",
        (("answers_ < kAnswersPerDatagram)", "true)"),),
        tests="RuleX4.*"),
    Mutation(
        "strangers-answered-freely", "an ack may go to any stated address",
        "answer_limits.h",
        (("        if (to.sender) return true;\n", "        if (to.sender || !to.member) return true;\n"),),
        tests="RuleX4.*"),
    Mutation(
        "members-answered-freely", "any number of acks may go to a member that did not ask",
        "answer_limits.h",
        (("        if (to.sender) return true;\n", "        if (to.sender || to.member) return true;\n"),),
        tests="RuleX4.*"),
    Mutation(
        "address-of-a-member-not-compared", "a member's name is enough for an answer to any address",
        "context.h",
        (("        return id && table.find(*id)->is_at(address);\n", "        return id.has_value() && address.port != 0;\n"),),
        tests="RuleX4.*"),
    Mutation(
        "gossip-for-strangers", "each ack to a stranger has gossip",
        "answer_limits.h",
        (("        if (to.member) return true;\n        if (!gossip", "        if (true) return true;\n        if (!gossip"),),
        tests="RuleX4.*"),
    Mutation(
        "relays-to-anywhere", "pings are relayed to any address",
        "answer_limits.h",
        (("        const bool stranger = !target_is_member || ", "        const bool stranger = "),),
        tests="RuleX4.*"),
    Mutation(
        "relays-from-anywhere", "the answer of a relay goes to any stated address",
        "answer_limits.h",
        (("!target_is_member || !(asker.sender || asker.member);", "!target_is_member && !asker.sender;"),),
        tests="RuleX4.*"),
    Mutation(
        "relays-unlimited", "any number of pings is relayed to members",
        "answer_limits.h",
        (("        return take(relays_, now, refused_.relay);\n", "        return true;\n"),),
        tests="RuleX4.*"),
    Mutation(
        "leave-echo-unlimited", "each forged leave is passed to the address of its subject",
        "answer_limits.h",
        (("        return admits_claim() && take(echoes_, now, refused_.leave_echo);\n",
          "        return admits_claim() && now > Time::min();\n"),),
        tests="RuleX4.*"),
    Mutation(
        "strangers-starve-members", "queries of strangers use up the acks of members",
        "serf/replies.cpp",
        (("    TokenBucket& bucket = member ? replies_ : replies_to_strangers_;\n",
          "    TokenBucket& bucket = member ? replies_ : replies_;\n"),),
        tests="RuleE2.*"),
    Mutation(
        "relays-for-strangers", "any number of messages is relayed to an address that is no member",
        "serf/replies.cpp",
        (("is_member_at(name, to) ? forwarded_ : forwarded_to_strangers_;", "is_member_at(name, to) ? forwarded_ : forwarded_;"),),
        tests="RuleE3.*"),
    Mutation(
        "relays-per-packet", "one packet may have any number of messages to relay",
        "serf/replies.cpp",
        (("forwarded_this_call_ >= kForwardedPerCall || ", ""),),
        tests="RuleE3.*"),
    Mutation(
        "each-request-packs", "each request for our state makes a new one",
        "packed_states.cpp",
        (("budget_.left(context_.clock.now()) > Duration{} && has_room()", "has_room()"),),
        tests="RuleY5.*"),
    Mutation(
        "packed-in-one-go", "a long state is compressed in one go",
        "packed_states.cpp",
        (("while (!complete && !slice.over());", "while (!complete);"),),
        tests="RuleY5.*"),
    Mutation(
        "old-state-shared", "a state is shared however old it is",
        "packed_states.cpp",
        (("now - last.at <= kMaxAge", "now >= last.at"),),
        tests="RuleY5.*"),
    Mutation(
        "former-claim-shared", "a state is shared that has an old claim about ourselves, or is sealed with an old key",
        "packed_states.cpp",
        ((" && last.version == version();", ";"),),
        tests="RuleY5.*"),
    Mutation(
        "strangers-shared", "a state that was made before a flood was found is shared with its strangers",
        "packed_states.cpp",
        (("            .floods = context_.hearsay.flood_changes(),\n", ""),),
        tests="RuleY5.*"),
    Mutation(
        "source-unlimited", "a source gets as many states as it asks for",
        "source_bytes.h",
        (("found->second < now;", "found->second < Time::max();"),),
        tests="RuleY5.*"),
    Mutation(
        "states-pile-up", "any number of different states waits to be sent",
        "packed_states.cpp",
        (("    return bytes < kMostBytes;\n", "    return bytes < 100 * kMostBytes;\n"),),
        tests="RuleY5.*"),
    Mutation(
        "reading-unlimited", "states of peers are unpacked as fast as they arrive",
        "streams.cpp",
        (("    return left > (session.", "    return left > Duration::min() || left > (session."),),
        tests="RuleY5.*"),
    Mutation(
        "short-requests-wait", "short requests wait behind long ones",
        "streams.cpp",
        (("? -kMostOwed : Duration{}", "? Duration{} : Duration{}"),),
        tests="RuleY5.*"),
    Mutation(
        "unread-answer-lost", "a peer's answer that is not read yet is lost when the peer ends the stream",
        "streams.cpp",
        (("    if (found->second.unread && found->second.purpose != Purpose::answer) {\n", "    if (false) {\n"),),
        tests="RuleY5.*"),
    Mutation(
        "merged-in-one-go", "a long state is merged in one go",
        "merges.cpp",
        (("++steps_ % kBetween == 0 && slice_.over()", "++steps_ % kBetween == 99 && slice_.over()"),),
        tests="RuleY6.*"),
    Mutation(
        "merges-without-turns", "the first long state delays all others",
        "merges.cpp",
        (("    ++context_.stats.merge_slices;\n    if (!advance(now, merge, pace, out)) waiting_.push_back(",
          "    ++context_.stats.merge_slices;\n    if (!advance(now, merge, pace, out)) waiting_.push_front("),),
        tests="RuleY6.*"),
    Mutation(
        "merges-of-a-source-unlimited", "one source may have all waiting merges",
        "merges.cpp",
        (("of_source < kMostOfSource)", "of_source < kMost)"),),
        tests="RuleY6.*"),
    Mutation(
        "merges-unlimited", "any number of states waits to be merged",
        "merges.cpp",
        (("waiting_.size() < kMost && ", ""),),
        tests="RuleY6.*"),
    Mutation(
        "merge-bytes-unlimited", "states of any size wait to be merged",
        "merges.cpp",
        (("bytes > kMostBytes && ", "bytes > 100 * kMostBytes && "),),
        tests="RuleY6.*"),
    Mutation(
        "unfit-state-merged", "a state without a compatible member is merged",
        "merges.cpp",
        (("        if (!merge.reason.empty()) {\n", "        if (false) {\n"),),
        tests="RuleY6.*:RuleY2.*"),
    Mutation(
        "upper-half-walked-in-jumps", "above 2^31 others raise a member by as much as below",
        "claims.h",
        (("return theirs <= range.highest_by_others &&\n"
          "               upper_step(known, theirs, range) <= range.upper_step;",
          "return within_jump(known, theirs, max_jump);"),),
        tests="RuleS5.*"),
    Mutation(
        "upper-half-walked-fast", "above 2^31 the steps of others are not counted",
        "upper_steps.h",
        (("        if (after - now > whole) return false;\n", "        static_cast<void>(whole);\n"),),
        tests="RuleS5.*"),
    Mutation(
        "forged-number-unchecked", "a long step from a member's own address is not checked by stream",
        "beliefs.cpp",
        (("        doubts_.add(now, *known);  // rule S5\n", ""),),
        tests="RuleS5.*"),
    Mutation(
        "checked-member-asked-on", "a member that spoke by a stream of its own is still asked",
        "beliefs.cpp",
        (("    if (by_stream) doubts_.settle(*known);\n", ""),),
        tests="RuleS5.*"),
    Mutation(
        "forged-newcomer-unchecked", "a newcomer above 2^31 that others reported is not checked",
        "beliefs.cpp",
        (("    if (!by_stream && is_doubtful_step({}, claim.incarnation)) doubts_.add(now, *id);  // rule S5\n",
          "    static_cast<void>(by_stream);\n"),),
        tests="RuleS5.*"),
    Mutation(
        "steps-from-below-refused", "a member below 2^31 answers no number above it",
        "claims.h",
        (("    const Incarnation base = std::max(known, range.highest_former_life.next());\n",
          "    const Incarnation base = known;\n    static_cast<void>(range);\n"),),
        tests="RuleS5.*"),
    Mutation(
        "sender-left-alone", "a member that sends another a number beyond its reach is not corrected",
        "beliefs.cpp",
        (("            if (origin.kind == Origin::Kind::datagram) doubt_sender(now, origin.from);\n", ""),),
        tests="RuleS5.*"),
    Mutation(
        "held-dead-unnoticed", "a member that all hold dead after its start waits for its ordinary push/pull",
        "merges.cpp",
        (("(alive ? merge.has_us : context_.held_dead) = true;", "if (alive) merge.has_us = true;"),),
        tests="RuleY1.*"),
    Mutation(
        "checks-unbounded", "any number of members is asked for its number",
        "doubts.h",
        (("        } else if (open_.size() < kMost) {", "        } else {"),),
        tests="RuleS5.*"),
    Mutation(
        "own-stream-outnumbered", "what a member says by its own stream counts for no more than a rumour",
        "claims.h",
        (("    return known > range.highest_former_life && theirs <= known;\n",
          "    return known > range.highest_alive && theirs <= known;\n"),),
        tests="RuleS5.*"),
    Mutation(
        "name-taken-unasked", "a leave that others passed on frees a name at once",
        "takeovers.h",
        (("return hearsay_.contains(member.value());",
          "return hearsay_.contains(member.value()) && false;"),),
        tests="RuleS2.*:TakeoverStories.*"),
    Mutation(
        "first-address-stays", "the first address that a newcomer's name was given stays",
        "beliefs_names.cpp",
        (("(context_.config.variant.looking && context_.hearsay.is_stranger(id))", "false"),),
        tests="RuleS2.*"),
    Mutation(
        "stranger-renamed-unasked", "a newcomer's name goes to the next address that claims it",
        "beliefs_names.cpp",
        (("if (is_free(*context_.table.find(id), now) && !takeovers_.in_doubt(id)) {",
          "if (!takeovers_.in_doubt(id)) {"),),
        tests="RuleS2.*"),
    Mutation(
        "forged-source-frees-a-name", "a leave in a datagram with the member's address frees its name at once",
        "beliefs.cpp",
        (("left && origin.kind == Origin::Kind::stream && origin.is_from(member);",
          "left && origin.is_from(member);"),),
        tests="RuleS2.*"),
    Mutation(
        "old-address-unheard", "an answer of the old address does not count",
        "takeovers.cpp",
        (("        asked.answered = true;\n        return true;\n", "        return true;\n"),),
        tests="RuleS2.*"),
    Mutation(
        "takeovers-by-one-source", "one source may have any number of claims held",
        "takeovers.cpp",
        (("static_cast<std::size_t>(same_source) < kMostPerSource", "same_source >= 0"),),
        tests="RuleS2.HeldClaimsAreBoundedForEachSource"),
    Mutation(
        "former-self-answers", "a member that moved answers at its old address",
        "ping_answers.cpp",
        (("    if (context_.for_former_self) {", "    if (context_.for_former_self && false) {"),),
        tests="RuleS2.NobodyAnswersForAFormerSelf"),
    Mutation(
        "standstill-is-silence", "a claim is applied after our own standstill",
        "node_impl.h",
        (("            beliefs.takeovers().start_again(now);\n", ""),),
        tests="RuleS2.OwnStandstillIsNoSilenceOfTheOldAddress"),
    Mutation(
        "vote-ends-incumbents", "a lost vote ends a member that had its name first",
        "serf/name_votes.cpp",
        (("    const bool outvoted = !won && vote_->incumbent;\n",
          "    const bool outvoted = false;\n"),),
        tests="RuleW1*"),
    Mutation(
        "anybody-votes", "answers in invented names count in a vote",
        "serf/name_votes.cpp",
        (("    if (!may_vote(response.from)) {", "    if (!may_vote(response.from) && response.from.empty()) {"),),
        tests="RuleW1*"),
    Mutation(
        "hearsay-without-quota", "one source reports as many members as it likes",
        "hearsay.h",
        (("        if (source.asked_for) return true;\n", "        if (source.asked_for || max_members > 0) return true;\n"),),
        tests="RuleS9.*"),
    Mutation(
        "full-table-closed", "a full table has no room for a member that announces itself",
        "admission.cpp",
        (("    if (most == 0 || ", "    if (most != 0 || "),),
        tests="RuleS9.*"),
    Mutation(
        "full-table-asks-nobody", "in a full table invented names keep those out that others report",
        "strangers.cpp",
        (("    ask_reported(now, out);\n", ""),),
        tests="RuleS9.*"),
    Mutation(
        "reports-fill-a-full-table", "in a full table reports are believed as at any time",
        "admission.cpp",
        (("is_full() && context_.hearsay.strangers() > 0;", "is_full() && context_.hearsay.strangers() == 0;"),),
        tests="RuleS9.*"),
    Mutation(
        "sweep-at-one-pace", "a full table of invented names is pinged no faster than a small one",
        "strangers.cpp",
        (("std::clamp(context_.hearsay.strangers() / kShare, kSwept, kMostSwept);",
          "kSwept + 0 * std::clamp(context_.hearsay.strangers() / kShare, kSwept, kMostSwept);"),),
        tests="RuleS9.*"),
    Mutation(
        "strangers-give-way-fast", "one source displaces any number of members",
        "admission.h",
        (("by_source_[bucket] == kMostOfSource", "all_ > kMost"),),
        tests="RuleS9.*GiveWaySlowly"),
    Mutation(
        "silence-of-a-deaf-node", "strangers are forgotten though nobody sends to us",
        "strangers.cpp",
        (("    return context_.gate.received_since(now - 2 * context_.config.probe_interval) > 0;\n",
          "    return now > Time::min();\n"),),
        tests="RuleS9.WhileNobodySendsSilenceSaysNothing"),
    Mutation(
        "silence-of-the-network", "strangers are a flood though no control answers",
        "hearsay.h",
        ((" && controls_answer())", ")"),),
        tests="RuleS9.*"),
    Mutation(
        "some-strangers-for-minutes", "fewer than 257 strangers are left to ordinary probes",
        "hearsay.h",
        (("one_silent_ = one_silent_ || is_stranger(member);", "static_cast<void>(member);"),),
        tests="RuleS9.*"),
    Mutation(
        "sample-without-verdict", "silent strangers are never swept",
        "hearsay.h",
        (("        if (silent_ones >= static_cast<int>(kOutcomes / 2) && controls_answer())\n            set_flood(true, severe_);\n", ""),),
        tests="RuleS9.*:StrangerStories.*"),
    Mutation(
        "after-a-flood-careless", "after a flood few strangers are left to ordinary probes",
        "hearsay.h",
        (("        return remembers_silent_ones() || (strangers_ > kMany", "        return (strangers_ > kMany"),),
        tests="RuleS9.*:StrangerStories.*"),
    Mutation(
        "ghosts-repeated", "names that did not answer are believed as soon as they are reported again",
        "hearsay.h",
        (("        if (refuted_.size() < kMostRefuted) refuted_.insert(hash(name, at));\n", "        static_cast<void>(name), static_cast<void>(at);\n"),),
        tests="RuleS9.*"),
    Mutation(
        "ghosts-gossiped", "claims about strangers crowd out all others",
        "claim_gossip.cpp",
        (("    if (is_idle_talk(member.name())) return;\n", ""),),
        tests="RuleS9.*"),
    Mutation(
        "ghosts-probed", "probes go to invented members during a flood",
        "probe.cpp",
        (("        if (context_.hearsay.is_swept(id)) continue;  // rule S9 looks at it\n", ""),),
        tests="RuleS9.*"),
    Mutation(
        "ghosts-get-gossip", "gossip goes to invented members during a flood",
        "gossip.h",
        (("context_.worth_asking(id)", "id.value() + 1 != 0"),),
        tests="RuleS9.*"),
    Mutation(
        "one-host-pinged-fast", "all strangers at one address are pinged at once",
        "strangers.cpp",
        (("there++ >= kPerHost", "there++ >= kMostAsked"),),
        tests="RuleS9.*"),
    Mutation(
        "clock-follows-no-state", "a clock that was forged apart from all others stays there",
        "serf/lamport_clock.cpp",
        (("        if ((first || ahead_ >= kStatesToRise) && nearest_ < top) {", "        if (first && false) {"),
         ("        if (behind_ >= kStatesToFall) return", "        if (behind_ > 1000000) return")),
        tests="RuleC1*"),
    Mutation(
        "clock-jumps-bounded", "a time far ahead is refused below the limit too",
        "serf/lamport_clock.cpp",
        (("    if (time >= limits_.free) {\n        refill", "    if (time >= limits_.free || time - now_.value() > (std::uint64_t{1} << 40)) {\n        refill"),
         ("    return std::max(now_.value(), limits_.free);", "    return now_.value();")),
        tests="RuleC1*"),
    Mutation(
        "clock-steps-unlimited", "above the limit a clock takes any step below the end",
        "serf/lamport_clock.cpp",
        (("    return std::min(base() + steps_, std::max(limits_.end, now_.value()));",
          "    return std::max(limits_.end, now_.value());"),
         ("        steps_ -= next - base();\n", "")),
        tests="RuleC1*"),
    Mutation(
        "forged-leaves-last", "a member that stays is leaving for as long as we do not probe it",
        "serf/members.h",
        (("            if (stays(member->name)) set_status(*member, Status::alive);\n", "            static_cast<void>(stays);\n"),),
        tests="RuleI1*"),
    Mutation(
        "clock-falls-and-remembers", "a clock that falls back keeps the times of members' intents",
        "serf/clocks.cpp",
        (("        c.members.forget_times_from(c.clock.time());\n", ""),),
        tests="RuleC1*"),
    Mutation(
        "clocks-apart-for-minutes", "members whose clocks disagree wait for their ordinary push/pulls",
        "serf/clocks.cpp",
        (("        c.node.exchange_soon(now);\n", "        static_cast<void>(now);\n"),),
        tests="RuleC1*"),
    Mutation(
        "prune-erases-the-living", "a prune erases a member that membership considers alive",
        "serf/prunes.cpp",
        (("    return member && member->is_live();", "    return member && member->is_live() && false;"),),
        tests="RuleI5*"),
    Mutation(
        "prunes-unbounded", "any number of prunes may wait",
        "serf/prunes.cpp",
        (("    if (pending_.size() >= kMaxPending) {", "    if (pending_.size() >= 1000 * kMaxPending) {"),),
        tests="PrunesOfMembers*"),
    Mutation(
        "intents-fill-the-queue", "in a flood every intent about one member waits",
        "serf/queues.cpp",
        (("crowded ? about : std::string_view{}", "std::string_view{}"),
         ("    const bool crowded = intents_.size() >= kManyIntents;\n",
          "    static_cast<void>(about);\n    static_cast<void>(kManyIntents);\n")),
        tests="RuleI7*"),
    Mutation(
        "patterns-never-kept", "an expression is compiled each time it comes",
        "serf/patterns.cpp",
        (("    if (known != by_text_.end()) {", "    if (false) {"),),
        tests="RuleE2*"),
    Mutation(
        "patterns-free-of-charge", "compiling expressions takes no share of the time",
        "serf/patterns.cpp",
        (("    compiling_.spend(from, clock_.now());\n", ""),),
        tests="RuleE2*"),
    Mutation(
        "patterns-of-any-size", "an expression may have any number of instructions",
        "serf/patterns.cpp",
        (("|| pattern->ProgramSize() > Patterns::kMaxProgram", ""),),
        tests="RuleE2*"),
    Mutation(
        "table-without-bound", "invented members fill the table beyond max_members",
        "member_table.cpp",
        (("    if (size() >= max_members_ || size() > MemberId::kSlotMask) return {};",
          "    if (size() > MemberId::kSlotMask) return {};"),),
        tests="MemberTable.*:RuleS6.*:RuleS9.*"),
    Mutation(
        "leave-intents-believed", "a leave intent about ourselves is not answered",
        "serf/intents.cpp",
        (("        announce_ourselves(now, out);  // another member claims that we leave; we do not\n", ""),),
        tests="RuleI1OnASerf.*"),
)
