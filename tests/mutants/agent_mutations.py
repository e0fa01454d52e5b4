# SPDX-License-Identifier: Apache-2.0
"""Agents that are broken on purpose: what strangers, clients, full pipes and hanging disks can do to them.

Each names the tests that must find it. A mistake with which a test would wait for ever is not among them.
"""

from mutations import Mutation

AGENT_MUTATIONS = (
    Mutation(
        "log-without-bound", "any number of lines waits for an output that hangs",
        "agent/log/line_queue.h",
        (("lines_.size() >= limits_.lines;", "lines_.size() > ~std::size_t{0} - 1;"),),
        tests="LineQueue.*"),
    Mutation(
        "gaps-not-reported", "lines that were dropped leave no line about them",
        "agent/log/line_queue.h",
        (("return has_room_after_gap() ? std::exchange(in_gap_, 0) : 0;",
          "return has_room_after_gap() ? 0 * std::exchange(in_gap_, 0) : 0;"),),
        tests="LineQueue.*"),
    Mutation(
        "floods-logged", "each member of a flood gets a line of the log",
        "agent/log/flood_gate.h",
        (("        if (passed_ < most_) {\n", "        if (passed_ <= ~0u - most_) {\n"),),
        tests="FloodGate.*:Flood.*"),
    Mutation(
        "floods-lost", "lines that are left out of the log are missing in the journal too",
        "agent/log/logging.cpp",
        (("    if (level >= options_.level && to == LineTo::memory) {\n        ++left_out_;\n",
          "    if (level >= options_.level && to == LineTo::memory) {\n        ++left_out_;\n        return;\n"),),
        tests="Flood.*"),
    Mutation(
        "http-starved", "control clients keep HTTP from its turns",
        "agent/host/turn_order.h",
        (("queue.passed_over >= kPassedOver) next", "queue.passed_over > ~0u - kPassedOver) next"),),
        tests="OrderOfTurns.*"),
    Mutation(
        "http-as-control", "HTTP has the rank of the control port",
        "agent/http/server.cpp",
        (("Client{Rank::http}", "Client{Rank::control}"),),
        tests="HttpServer.ItComesAfter*"),
    Mutation(
        "filters-of-any-length", "expressions of a request over HTTP may have any length together",
        "agent/http/api/filters.cpp",
        (("if (bytes <= MemberFilter::kMaxBytes) return false;",
          "if (bytes <= 1024 * MemberFilter::kMaxBytes) return false;"),),
        tests="HttpApi.AMistakeInAParameter*"),
    Mutation(
        "members-wait-without-bound", "any number of members waits to be delivered to clients",
        "agent/control/event_delivery.cpp",
        (("members_waiting_ > parts_.most_members", "members_waiting_ > ~parts_.most_members"),),
        tests="CrowdedDelivery.*"),
    Mutation(
        "events-out-of-order", "an event overtakes those that wait",
        "agent/control/event_delivery.cpp",
        (("    if (waiting_.empty()) return deliver(event);\n",
          "    if (waiting_.size() <= kMostWaiting) return deliver(event);\n"),),
        tests="CrowdedDelivery.*:Delivery.*"),
    Mutation(
        "callers-without-bound", "any number of callers waits for a disk that hangs",
        "agent/files/file_writer.cpp",
        (("file.waiting.size() >= kMostCallers", "file.waiting.size() >= 4 * kMostCallers"),),
        tests="FileWriting.*"),
    Mutation(
        "snapshot-lines-without-bound", "any number of lines waits for the snapshot's disk",
        "agent/files/snapshot_file.cpp",
        (("snapshot_.bytes_of_lines() <= kMostWaiting", "snapshot_.bytes_of_lines() <= 64 * kMostWaiting"),),
        tests="SnapshotWriting.*"),
    Mutation(
        "snapshot-lines-lost", "after lines were given up the snapshot is not rewritten",
        "agent/files/snapshot_file.cpp",
        (("    lines_missing_ = true;\n", ""),),
        tests="SnapshotWriting.*"),
    Mutation(
        "group-may-read", "a secret that a group can read is no risk",
        "agent/config/secret_files.cpp",
        (("(found.st_mode & S_IRGRP) != 0 && ours", "(found.st_mode & S_IRGRP) != 0 && !ours"),),
        tests="SecretFiles.*"),
    Mutation(
        "scripts-inherit-the-token", "scripts inherit SERF_RPC_AUTH",
        "agent/config/settings_names.cpp",
        (("    if (name == kSerfTokenVariable) return true;\n", ""),),
        tests="SecretVariables.*"),
    Mutation(
        "accepts-in-a-row", "all connections that wait are accepted at once",
        "transport/tcp.cpp",
        (("in_a_row_ >= kAcceptedInARow", "in_a_row_ >= 64 * kAcceptedInARow"),),
        tests="Stream.ConnectionsThatComeAtOnce*"),
    Mutation(
        "samples-to-strangers", "whoever asks gets the sample, at any address",
        "agent/samples/sample_answers.cpp",
        (("if (!query.from_member) {", "if (!query.from_member && query.name.empty()) {"),),
        tests="AnsweringSamples.*"),
    Mutation(
        "samples-at-once", "all members of a large cluster answer at once",
        "agent/samples/sample_answers.cpp",
        (("parts_.name) % *slots);", "parts_.name) % *slots / 1000);"),),
        tests="AnsweringSamples.*"),
    Mutation(
        "sample-answers-without-bound", "any number of answers waits for its slot",
        "agent/samples/sample_answers.cpp",
        (("waiting_.size() >= kMostWaiting", "waiting_.size() > ~std::size_t{0} - 1"),),
        tests="AnsweringSamples.*"),
    Mutation(
        "old-samples-shown", "while a file hangs the last sample is shown for ever",
        "agent/samples/sampler.cpp",
        (("now - latest_->taken > kIntervalsKept", "latest_->taken - now > kIntervalsKept"),),
        tests="Sampling.*"),
)
