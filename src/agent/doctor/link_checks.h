// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with the link between this agent and one peer: a pure function of what our own test
// found (rule L5), what the peer's test of the way back found, and what was refused lately. Names
// one cause for each of UDP, TCP, keys and labels, names, and versions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/doctor/findings.h"
#include "agent/doctor/incidents.h"
#include "membership/events.h"
#include "serf/events.h"
#include "wire/messages.h"

namespace rollcall::agent {

// What the peer found on the way back; its answer to the built-in query "doctor".
struct BackReport {
    unsigned rounds = 0, acked = 0, acked_at_advertised = 0;
    std::string stream;  // membership's word: "answered", "refused", "unanswered"...
    std::uint64_t packets_from = 0, streams_from = 0;  // that arrived from us
    std::map<std::string, std::uint64_t> rejected;     // of ours, by cause
};
// nullopt: not the answer of an agent that tested. Unknown fields are skipped.
[[nodiscard]] std::optional<BackReport> parse_back_report(std::string_view text);
[[nodiscard]] std::string back_report_text(const membership::LinkTested& result);

struct LinkEvidence {
    membership::LinkTested ours;
    std::optional<serf::MemberRecord> member;  // nullopt: no member has that address
    std::string state;                         // membership's, of the member
    bool asked = false;                        // the peer was asked to test the way back
    bool received_it = false;                  // it acked that query: it runs, and is reached
    std::optional<BackReport> theirs;
    std::vector<Incident> incidents;  // of its host, the newest first
    bool encrypted = false;           // this agent has a key
    std::string label;                // of this agent
    wire::Versions versions;          // of this agent
    std::string advertised;           // by this agent
};

void check_link(const LinkEvidence& evidence, Findings& findings);

}  // namespace rollcall::agent
