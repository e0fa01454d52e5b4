# SPDX-License-Identifier: Apache-2.0
"""Cores that are broken on purpose, each by one plausible mistake.

A mutation is a file below src/ and pairs of old and new text. Each old text must occur in the
file exactly once; otherwise the mutation no longer fits and the run fails.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    name: str
    what: str  # the mistake
    file: str  # below src/, in membership/ when it names no room
    edits: tuple  # of (old, new)
    swarm: tuple = ()  # additional flags of the swarm that must find it
    scenario: str = ""  # in place of a swarm: the built-in scenario of which a seed must fail
    tests: str = ""  # in place of a swarm: the tests of its room's program of which one must fail

    @property
    def path(self):
        return "src/" + (self.file if "/" in self.file else f"membership/{self.file}")

    @property
    def program(self):
        return self.path.split("/")[1] + "_test" if self.tests else "rollcall-sim"


MUTATIONS = (
    Mutation(
        "revert-lost", "a change of the timings that nobody confirmed is never undone",
        "serf/tuning.cpp",
        (("    deadline_ = now + change.revert_after;\n", ""),),
        scenario="tune-reverts"),
    Mutation(
        "revert-lost-alone", "the same, found without a cluster",
        "serf/tuning.cpp",
        (("    deadline_ = now + change.revert_after;\n", ""),),
        tests="RuleL6.*"),
    Mutation(
        "refutation-not-newer", "a refutation does not raise the incarnation",
        "beliefs.cpp",
        (("context_.table.set_incarnation(context_.self, accused.next());",
          "context_.table.set_incarnation(context_.self, accused);"),)),
    Mutation(
        "suspicion-not-cancelled", "an alive claim does not stop the suspicion's timer",
        "beliefs.cpp",
        (("    suspicions_.stop(id);\n    context_.table.set_incarnation(id, claim.incarnation);\n",
          "    context_.table.set_incarnation(id, claim.incarnation);\n"),
         ("if (!member || member->state != State::suspect) continue;",
          "if (!member || !member->is_live()) continue;"))),
    Mutation(
        "older-death-believed", "a dead claim with an older incarnation is accepted",
        "claims.h",
        (("    const bool holds = rule.incarnation == newer ? theirs > ours : theirs >= ours;",
          "    const bool holds = claim == ClaimKind::dead ||\n"
          "                       (rule.incarnation == newer ? theirs > ours : theirs >= ours);"),)),
    Mutation(
        "any-ack-counts", "an ack is credited to whatever probe is running",
        "probe.cpp",
        (("    if (!running() || sequence != sequence_) return false;\n    if (context_.packet_from",
          "    (void)sequence;\n    if (!running()) return false;\n    if (context_.packet_from"),)),
    Mutation(
        "death-not-gossiped", "a received dead claim is not gossiped on",
        "beliefs.cpp",
        (("    claims_.queue_accusation(ClaimKind::dead, claim, 0, out);\n",
          "    if (origin.kind == Origin::Kind::ourselves) claims_.queue_accusation(ClaimKind::dead, claim, 0, out);\n"),)),
    Mutation(
        "verdict-of-usual-reach", "a verdict of death is sent no more often than other claims",
        "claim_gossip.cpp",
        (("    return verdict && context_.config.variant.looking ? Reach::wide : Reach::usual;\n",
          "    static_cast<void>(verdict);\n    return Reach::usual;\n"),),
        tests="RuleG1.*"),
    Mutation(
        "leave-not-answered", "an accusation of a left member is not answered with its leave",
        "leave_notifier.cpp",
        (("    if (!may_notify(now, subject, to)) return;\n", "    static_cast<void>(now);\n    return;\n"),),
        ("--leaves",)),
    Mutation(
        "dead-never-left", "a member considered failed stays so when its leave is learned",
        "claims.h",
        (("        /* dead    */ {{newer, adopt},  {newer, ignore},        {newer, record},        {same_or_newer, adopt}},",
          "        /* dead    */ {{newer, adopt},  {newer, ignore},        {newer, record},        {newer, record}},"),),
        ("--leaves",)),
    Mutation(
        "push-pull-ignores-the-dead", "dead members of a peer's state are not merged",
        "push_pull.cpp",
        (("        case wire::NodeState::dead:\n        case wire::NodeState::suspect:\n",
          "        case wire::NodeState::dead:\n            return;\n"
          "        case wire::NodeState::suspect:\n"),)),
    Mutation(
        "reaped-too-early", "the dead are reaped at the first end of the ring",
        "beliefs.cpp",
        (("now - member.state_changed > context_.config.gossip_to_the_dead) {",
          "now > member.state_changed) {"),)),
    Mutation(
        "never-reaped", "the dead are never reaped",
        "beliefs.cpp",
        (("    for (const MemberId id : reaped_) erase(now, id, false, out);\n", "    static_cast<void>(out);\n"),)),
    Mutation(
        "the-dead-are-suspected", "a suspect claim about a dead member makes it a suspect",
        "claims.h",
        (("        /* dead    */ {{newer, adopt},  {newer, ignore},        {newer, record},        {same_or_newer, adopt}},",
          "        /* dead    */ {{newer, adopt},  {same_or_newer, adopt},   {newer, record},        {same_or_newer, adopt}},"),
         ("static_assert(judge_other(State::dead, Incarnation{7}, ClaimKind::suspect, Incarnation{8}) ==\n"
          "              Verdict::ignore);\n", ""))),
    Mutation(
        "old-claim-not-replaced", "a claim about a member does not replace an older one in the queue",
        "broadcast_queue.cpp",
        (("    const auto known = key.empty() ? by_key_.end() : by_key_.find(key);",
          "    key = {};\n    const auto known = by_key_.end();"),)),
    Mutation(
        "one-member-never-probed", "after each pass of the ring the first member is skipped, always the same one",
        "probe.cpp",
        (("            context_.table.shuffle(context_.rng);\n            cursor_ = 0;\n",
          "            cursor_ = 1;\n"),)),
    Mutation(
        "former-life-not-outbid", "a restarted member does not outbid the incarnation of its previous life",
        "claims.h",
        (("    if (leaving || theirs < ours) return SelfVerdict::ignore;",
          "    if (leaving || theirs < ours) return SelfVerdict::ignore;\n"
          "    if (claim == ClaimKind::alive && theirs > ours) return SelfVerdict::ignore;"),)),
    Mutation(
        "name-stolen-while-alive", "a living member's name can be taken over from another address",
        "beliefs_names.cpp",
        (("    if (member.state == State::left) return true;",
          "    if (member.state == State::left || member.state == State::alive) return true;"),)),
    Mutation(
        "local-error-voids-probe", "a ping that this host cannot send ends the probe without a verdict",
        "probe.cpp",
        (("    if (after.ask_at_once) go_indirect(now, out);\n",
          "    if (after.ping != DirectPing::bounced) return abandon(now, out);\n"
          "    if (after.ask_at_once) go_indirect(now, out);\n"),)),
    Mutation(
        "move-not-announced", "a member whose address changed does not announce it",
        "move.cpp",
        (("    due_ = now;\n    handle_timeout(now, out);\n", "    (void)now;\n"),)),
    Mutation(
        "verdict-without-relays", "a probe gives up when the direct ping was not answered",
        "probe.cpp",
        (("    if (stage_ == Stage::indirect && now >= indirect_deadline()) give_verdict(now, out);",
          "    if (stage_ == Stage::indirect) give_verdict(now, out);"),),
        tests="RuleP3.*:RuleP4.*"),
    Mutation(
        "suspicion-of-one-second", "a suspect gets a fixed second",
        "suspicion.cpp",
        (("    return std::max(bounds.min, Duration{whole});",
          "    return std::max(bounds.min, Duration{whole}) / bounds.min * std::chrono::seconds{1};"),)),
    Mutation(
        "suspects-left-alone", "an expired suspicion declares no member dead",
        "beliefs.cpp",
        (("if (!member || member->state != State::suspect) continue;",
          "if (!member || member->is_live()) continue;"),)),
    Mutation(
        "key-used-too-early", "a new key is used once it was sent to all, without checking that they have it",
        "serf/key_rotation.cpp",
        (("    if (!all_have_it()) return attempt(", "    if (!all_have_it() && attempts_[0] == 0) return attempt("),),
        ("--news",)),
    Mutation(
        "key-removed-too-early", "the old keys are removed once all were asked to use the new one",
        "serf/key_rotation.cpp",
        (("    if (!all_use_it()) {\n", "    if (!all_use_it() && attempts_[1] == 0) {\n"),),
        ("--news",)),
    Mutation(
        "failed-members-not-awaited", "keys are rotated without waiting for failed members",
        "serf/key_rotation.cpp",
        (("    return !order_.without_failed && !holders_.failed.empty();", "    return false;"),),
        ("--news",)),
    # The guards of a verdict (rules F1 to F7), each switched off alone.,
    Mutation(
        "verdict-without-witnesses", "a silent member is dead though no other found it silent",
        "vigil.cpp",
        (("if (watching() || stalled_ || witnesses_.size() < rules_.witnesses) return {};",
          "if (watching() || stalled_) return {};"),),
        tests="RuleF4.OneWitnessOrOneAddressTwiceIsNotEnough"),
    Mutation(
        "verdict-without-controls", "no control has to answer before a verdict",
        "vigil.cpp",
        (("if (answering_.size() < kControls || loss() > kHopeless) return {};", ""),
         ("    return (controls_lost_ + 1.0) / (controls_lost_ + controls_answered_ + 2.0);",
          "    return 1.0 / (controls_sent_ + 2.0);")),
        tests="*FastCluster.ObserverWhoseOwnLinkDiesCondemnsNoMember*"),
    Mutation(
        "verdict-without-gate", "a verdict is passed while the gate is closed",
        "vigils.cpp",
        (("if (context_.gate_closed(now) == Gate::Closed::no) {", "if (true) {"),),
        tests="RuleF6.*"),
    Mutation(
        "stall-ignored", "a host that takes connections is declared dead all the same",
        "vigil.cpp",
        (("    stalled_ = stalled_ || ours;\n", ""),),
        tests="RuleF4.*"),
    Mutation(
        "broken-stream-ignored", "a stream that ended after it was taken is no sign of a stall",
        "vigil.cpp",
        (("    if (how == StreamPing::broken) stalled_ = true;  // its host had taken it\n", ""),),
        tests="RuleF4.ABrokenStreamWasTakenToo"),
    Mutation(
        "no-time-to-refute", "a verdict does not wait for a refutation of the accusation",
        "vigil.cpp",
        (("    return std::max(started_ + span, *accused_ + rules_.time_to_object);",
          "    return started_ + span;"),),
        tests="RuleF4.AnAccusationLeavesTimeForItsRefutation"),
    Mutation(
        "span-ignored", "a vigil may decide before the detection span is over",
        "vigil.cpp",
        (("    return std::max(started_ + span, *accused_ + rules_.time_to_object);",
          "    return *accused_ + rules_.time_to_object;"),),
        tests="RuleF4.*:*FastCluster.*"),
    Mutation(
        "bounces-kill", "port unreachable alone condemns a process",
        "vigil.cpp",
        (("if (bounces_ >= kRefusals && streams_refused_ >= kRefusedStreams &&",
          "if (bounces_ >= kRefusals &&"),),
        tests="RuleF4.PortUnreachableAloneNeverKills"),
    Mutation(
        "late-loop-ignored", "a vigil counts pings that our own stopped loop could not see answered",
        "node_impl.h",
        (("            vigils.start_again(now);\n", ""),),
        tests="RuleF2.*:RuleF6.*"),
    Mutation(
        "look-not-quiet", "a member is accused as soon as its probe failed",
        "vigil.cpp",
        (("    if (now >= started_ + rules_.quiet) return true;\n",
          "    if (now >= started_) return true;\n"),),
        tests="RuleF2.*:RuleF3.*"),
    Mutation(
        "last-word-not-asked", "a suspect is not asked before its time is over",
        "last_words.cpp",
        (("        asked.answered = true;\n", ""),),
        tests="RuleF5.*"),
    Mutation(
        "hold-without-end", "an isolated node never declares anyone dead",
        "last_words.cpp",
        (("    if (now >= since + hold * slow_interval(context_.config)) return true;\n",
          "    if (now >= since + 9999 * hold * slow_interval(context_.config)) return true;\n"),),
        tests="RuleF6.*"),
    Mutation(
        "accuser-not-answered", "an accused member does not answer its accuser directly",
        "beliefs_answers.cpp",
        (("        answers_.send(now, context_.self, origin.from, out);\n", "        if (now < Time::min()) answers_.send(now, context_.self, origin.from, out);\n"),),
        tests="RuleF3.AccusedMemberAnswersItsAccuserDirectly"),
    Mutation(
        "death-not-answered", "one that suspects a dead member is answered with an old alive claim",
        "answers.h",
        (("if (member.is_live()) {", "if (true) {"),),
        tests="*FastCluster.HostThatStoodStillLearnsOfADeathSoonAfter*"),
    Mutation(
        "outdated-claim-unanswered", "an old claim of a member that is dead here gets no answer",
        "beliefs_answers.cpp",
        (("        if (direct) answers_.send(now, id, origin.from, out);\n", "        static_cast<void>(direct);\n"),),
        tests="RuleS7.*"),
    Mutation(
        "other-claim-kept", "of two claims of a member with one incarnation its subject learns nothing",
        "beliefs_answers.cpp",
        (("    if (other && context_.answer_limits.admits_echo(now)) {", "    if (other && !other) {"),),
        tests="RuleS4.*"),
    Mutation(
        "refuted-death-answered", "a newer suspicion of a dead member counts as its death at that incarnation",
        "claims.h",
        (("        /* dead    */ {{newer, adopt},  {newer, ignore},        {newer, record},        {same_or_newer, adopt}},",
          "        /* dead    */ {{newer, adopt},  {newer, record},        {newer, record},        {same_or_newer, adopt}},"),
         ("static_assert(judge_other(State::dead, Incarnation{7}, ClaimKind::suspect, Incarnation{8}) ==\n"
          "              Verdict::ignore);\n", "")),
        tests="RuleF3.*"),
    Mutation(
        "missed-for-good", "a node that stood still does not ask for what it missed",
        "node_impl.h",
        (("        push_pull_ticker.no_later_than(now);\n        ++context.stats.catch_ups;\n",
          "        ++context.stats.catch_ups;\n"),),
        tests="*FastCluster.HostThatStoodStillLearnsOfADeathSoonAfter*"),
    Mutation(
        "answers-unlimited", "answers to accusers have no limit per second",
        "answers.h",
        (("if (sent_ == kPerSecond) {", "if (false) {"),),
        tests="RuleF3.AnswersToAccusersHaveALimitPerSecond"),
    Mutation(
        "late-nacks-count", "nacks that may still come count against our health at once",
        "probe.cpp",
        (("            } else if (context_.config.variant.looking) {", "            } else if (false) {"),),
        tests="RuleF1.LateNacksDoNotCountAsMissing"),
)
