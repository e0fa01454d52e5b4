// SPDX-License-Identifier: Apache-2.0
//
// The events of the core, reported through the Outbox in the order in which they happened. Events
// own their strings; they are rare compared with packets. Log lines, the Serf layer, tests and the
// simulator's stories are all built from them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "wire/errors.h"

namespace rollcall::membership {

// The member an event is about, at the time of the event.
struct About {
    MemberId member;  // valid in the table until the member is reaped
    std::string name;
    WireAddress address;
    std::uint16_t port = 0;
    Incarnation incarnation;
};

// How a claim that changed our view reached us.
struct ClaimSource {
    enum class Kind : std::uint8_t {
        ourselves,  // our own probe, timer or command
        gossip,
        push_pull,
    };
    Kind kind = Kind::ourselves;
    Endpoint from{};  // the sender, who may only pass it on; unset for ourselves
};
[[nodiscard]] std::string_view to_string(ClaimSource::Kind kind);  // "push-pull", ...

struct MemberJoined {  // new, or back from dead or left
    About about;
    ClaimSource source = {};
};
struct MemberUpdated {  // its metadata changed
    About about;
};
// The results of the two pings that we send in a probe. Numbers are the system's (errno), 0 when
// there is none.
enum class DirectPing : std::uint8_t {
    unanswered,
    bounced,   // "port unreachable"
    no_route,  // this host has no way to the member
    not_sent,  // a local error
};
enum class StreamPing : std::uint8_t {
    not_tried,
    unanswered,
    answered,
    refused,
    broken,      // connected, and ended without an answer
    not_opened,  // a local error
};
[[nodiscard]] std::string_view to_string(DirectPing ping);  // "no_route", ...
[[nodiscard]] std::string_view to_string(StreamPing ping);
// The findings of a probe.
struct ProbeEvidence {
    DirectPing ping = DirectPing::unanswered;
    int ping_error = 0;
    Duration waited{};  // for an ack of our own ping, before others were asked
    unsigned relays_asked = 0;
    unsigned relays_unasked = 0;  // of them, those to whom the request could not be sent
    unsigned nacks_expected = 0;
    unsigned nacks_received = 0;
    StreamPing stream = StreamPing::not_tried;
    int stream_error = 0;
};
// Why a member is taken for silent: what a vigil saw of it, and of others at the same time (rule
// F2).
struct VigilEvidence {
    enum class Ground : std::uint8_t {
        unanswered,  // F4: a living member would have answered one of these pings
        refused,     // F4: its host says that no process is there
        expired,     // T2: its suspicion ran out, and the vigil had not decided
    };
    Ground ground = Ground::expired;
    Duration took{};             // since the first ping of the vigil
    unsigned pings = 0;          // sent to the member; none was answered
    unsigned controls_sent = 0;  // pings to members that nobody doubts, at the same time
    unsigned controls_answered = 0;
    unsigned witnesses = 0;  // others who found it silent too, by address
    unsigned refusals = 0;   // "port unreachable", and streams refused
    bool stalled = false;    // its host took a connection: paused or stuck, not gone
};
[[nodiscard]] std::string_view to_string(VigilEvidence::Ground ground);  // "unanswered", ...

struct MemberSuspected {
    About about;
    // The first accuser; our own name when our probe failed; "push-pull with 10.0.0.7:7946" when a
    // peer already considered it suspect or dead.
    std::string from;
    std::optional<ProbeEvidence> evidence = {};  // of our own probe
    ClaimSource source = {};
};
struct SuspicionCleared {  // a newer alive arrived in time
    About about;
    ClaimSource source = {};
};
struct MemberFailed {
    About about;
    std::string from;  // who declared it dead; our own name when our suspicion expired
    // Of our expired suspicion: the first accuser, then those who confirmed (rule T3).
    std::vector<std::string> accusers = {};
    std::optional<VigilEvidence> vigil = {};  // of our own vigil, if one ran
    ClaimSource source = {};
};
struct MemberLeft {  // it announced the leave itself
    About about;
    ClaimSource source = {};
};
struct MemberReaped {  // removed from the table, long after it was dead or left
    std::string name;
    bool stranger = false;  // or at once: it never answered a ping of ours (rule S9)
};
// A known name was announced at another address; nothing changed.
struct NameConflict {
    About existing;
    WireAddress other_address;
    std::uint16_t other_port = 0;
};
// A leave is a dead claim signed by its subject.
enum class ClaimKind : std::uint8_t { alive, suspect, dead, leave };
[[nodiscard]] std::string_view to_string(ClaimKind claim);  // "alive", ...
// A claim about ourselves was answered with a higher incarnation.
struct Refuted {
    ClaimKind claim = ClaimKind::suspect;
    std::string from;  // "" for an alive claim; our own name when a member list names no accuser
    Incarnation accused;
    Incarnation now;
    ClaimSource source = {};
};
enum class ProbeOutcome : std::uint8_t {
    acked,  // direct
    acked_by_relay,
    acked_by_stream,  // UDP did not get through: see UdpBlocked
    failed,
    abandoned,  // we were paused, or the member is no longer there: no verdict
};
[[nodiscard]] std::string_view to_string(ProbeOutcome outcome);  // "acked_by_relay", ...
struct ProbeEnded {  // every second: an id only, so that it costs no allocation
    MemberId member;
    ProbeOutcome outcome = ProbeOutcome::acked;
    Duration took{};  // from the first ping
    DirectPing ping = DirectPing::unanswered;
    unsigned relays_asked = 0;
    unsigned nacks_expected = 0;
    unsigned nacks_received = 0;
    unsigned health_score = 0;  // ours, afterwards
};
struct UdpBlocked {  // a member answers on streams and not to datagrams
    About about;
    DirectPing ping = DirectPing::unanswered;  // the cause, as far as this host knows
    int ping_error = 0;
};
// Rule P7: no datagram leaves this host. Repeated while it lasts.
struct SendsFailing {
    int error = 0;     // of the last one, the system's number
    Duration since{};  // for how long
};
struct SendsRecovered {
    Duration lasted{};
};
struct JoinAnswered {  // one peer of a join
    RequestId request;
    Endpoint peer;
    std::string error;       // "" when its state was merged
    bool ourselves = false;  // we connected to ourselves
};
struct JoinFinished {
    RequestId request;
    unsigned contacted = 0;
    unsigned failed = 0;
};
struct LeaveFinished {
    RequestId request;
    bool timed_out = false;
};
struct UpdateFinished {
    RequestId request;
    bool timed_out = false;
};
struct PauseDetected {  // this process ran `gap` later than it should have
    Duration gap{};
};
struct MergeRefused {  // a whole push/pull was refused; nothing of it was applied
    Endpoint peer;
    std::string reason;
};
// Bytes were refused. At most one event per cause and second; `since_last` counts all since then.
struct Rejected {
    Endpoint from;
    wire::DecodeError cause = wire::DecodeError::truncated;
    std::uint64_t since_last = 1;
    bool stream = false;
};

// The result of a test of the link to an address (rule L5).
struct LinkTested {
    RequestId request;
    Endpoint target;
    std::string name = {};  // of the member expected there; "": any
    unsigned rounds = 0;    // each sends one ping of each kind
    unsigned acked = 0;     // of those to any node there, answered to where they came from
    unsigned acked_by_name = 0;
    unsigned acked_at_advertised = 0;  // answered to the address that we advertise
    std::optional<Duration> rtt = {};  // the shortest
    DirectPing ping = DirectPing::unanswered;
    int ping_error = 0;
    StreamPing stream = StreamPing::unanswered;
    int stream_error = 0;
    bool stream_connected = false;
    std::string stream_answer = {};  // of the peer, or why its answer was refused
    unsigned relays_asked = 0, relays_acked = 0, relays_nacked = 0;
    // Meanwhile: packets from the address, good and refused; streams from its host; refused packets
    // and streams by cause.
    std::uint64_t packets_from = 0, streams_from = 0;
    std::array<std::uint64_t, wire::kDecodeErrors> rejected = {};
};

// New kinds go to the end: the simulator's hashes cover the place.
using Event =
    std::variant<MemberJoined, MemberUpdated, MemberSuspected, SuspicionCleared, MemberFailed,
                 MemberLeft, MemberReaped, NameConflict, Refuted, ProbeEnded, UdpBlocked,
                 JoinAnswered, JoinFinished, LeaveFinished, UpdateFinished, PauseDetected,
                 MergeRefused, Rejected, SendsFailing, SendsRecovered, LinkTested>;

}  // namespace rollcall::membership
