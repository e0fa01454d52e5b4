// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/link_checks.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <system_error>

#include "base/sanitize.h"
#include "membership/versions.h"

namespace rollcall::agent {
namespace {

using membership::DirectPing;
using membership::StreamPing;

constexpr std::size_t kLongAnswer = 200;
// The first of Serf's protocols that knows queries.
constexpr std::uint8_t kProtocolWithQueries = 4;

std::string with_error(const std::string& text, int error) {
    return error == 0 ? text : text + " (" + std::generic_category().message(error) + ")";
}

std::string milliseconds_text(Duration duration) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f ms",
                  std::chrono::duration<double, std::milli>(duration).count());
    return text.data();
}

class LinkCheck {
public:
    LinkCheck(const LinkEvidence& evidence, Findings& findings)
        : e_{evidence}, t_{evidence.ours}, findings_{findings}, peer_{describe_peer()} {}

    void run() {
        check_peer();
        if (!udp_works() && !tcp_works() && check_trust()) return;
        if (check_absence()) return;
        check_udp();
        check_tcp();
        if (udp_works()) check_name();
        if (udp_works()) check_address();
        check_versions();
    }

private:
    [[nodiscard]] bool udp_works() const { return t_.acked > 0; }
    [[nodiscard]] bool tcp_works() const { return t_.stream == StreamPing::answered; }
    [[nodiscard]] std::string describe_peer() const {
        const std::string place = t_.target.to_string();
        return t_.name.empty() ? place : sanitized_head(t_.name, 80) + " at " + place;
    }

    void check_peer() {
        if (!e_.member) {
            return findings_.skip("peer", "no member has the address " + t_.target.to_string());
        }
        findings_.ok("peer", peer_ + " is " + std::string{to_string(e_.member->status)} +
                                 (e_.state == "suspect" ? " and suspected" : ""));
    }

    // --- keys, labels, other programs -----------------------------------------------------------

    [[nodiscard]] std::uint64_t refused_here(wire::DecodeError cause) const {
        std::uint64_t count = t_.rejected[static_cast<std::size_t>(cause)];
        for (const Incident& i : e_.incidents) {
            if (i.kind == Incident::Kind::rejected && i.cause == cause) count += i.count;
        }
        return count;
    }
    [[nodiscard]] std::uint64_t refused_there(wire::DecodeError cause) const {
        if (!e_.theirs) return 0;
        const auto found = e_.theirs->rejected.find(std::string{to_string(cause)});
        return found == e_.theirs->rejected.end() ? 0 : found->second;
    }
    [[nodiscard]] bool refused(wire::DecodeError cause) const {
        return refused_here(cause) > 0 || refused_there(cause) > 0;
    }
    [[nodiscard]] bool refused_something() const {
        return std::ranges::any_of(t_.rejected, [](std::uint64_t count) { return count > 0; });
    }

    // True when a cause was found: then it explains why UDP and TCP do not work.
    bool check_trust() {
        using enum wire::DecodeError;
        const std::string answer = sanitized_head(t_.stream_answer, kLongAnswer);
        if (refused(bad_encryption)) {
            findings_.problem("key", "wrong-key",
                              "no key of this agent opens what " + peer_ + " sends");
            return true;
        }
        if (refused(not_encrypted)) {
            findings_.problem("key", "encryption-differs",
                              "this agent encrypts, and " + peer_ + " does not");
            return true;
        }
        if (refused(encrypted_unexpectedly)) {
            findings_.problem("key", "encryption-differs",
                              peer_ + " encrypts, and this agent has no key");
            return true;
        }
        if (refused(label_mismatch)) {
            findings_.problem(
                "label", "wrong-label",
                "what " + peer_ + " sends has another label than this agent's " + label_text());
            return true;
        }
        if (t_.stream == StreamPing::broken && t_.ping == DirectPing::bounced) {
            // A member listens for both on one port.
            findings_.problem("program", "not-a-member-program",
                              "a program takes connections at " + peer_ +
                                  ", and nothing there listens for UDP: is it the control or HTTP "
                                  "port of an agent?" +
                                  (answer.empty() ? "" : " It answers: " + answer));
            return true;
        }
        if (t_.stream == StreamPing::broken && answer.empty()) {
            findings_.problem("label", "wrong-label",
                              peer_ +
                                  " takes the connection and closes it without an answer, as a "
                                  "member with another label does, or a program that is no "
                                  "member; this agent has " +
                                  label_text());
            return true;
        }
        if (t_.stream == StreamPing::broken && answer.find("crypt") != std::string::npos) {
            findings_.problem("key", e_.encrypted ? "wrong-key" : "encryption-differs",
                              peer_ + " answers: " + answer);
            return true;
        }
        if (t_.stream == StreamPing::broken || refused_something()) {
            findings_.problem("program", "not-a-member-program",
                              "what answers at " + peer_ + " is not memberlist's: " + answer);
            return true;
        }
        return false;
    }
    [[nodiscard]] std::string label_text() const {
        return e_.label.empty() ? "no label" : "the label '" + sanitized_head(e_.label, 80) + "'";
    }

    // --- no process, no host --------------------------------------------------------------------

    // True when nothing of the peer answers, so that no more can be said of its link.
    bool check_absence() {
        if (udp_works() || tcp_works()) return false;
        if (t_.stream_connected) {
            findings_.problem("process", "peer-stalled",
                              "the host of " + peer_ +
                                  " takes connections, and the process answers neither those nor "
                                  "pings");
            return true;
        }
        if (t_.stream == StreamPing::refused && !alive_elsewhere()) {
            findings_.problem("process", "peer-down",
                              "nothing listens at " + peer_ +
                                  (t_.ping == DirectPing::bounced ? ": UDP and TCP are refused"
                                                                  : ": TCP is refused"));
            return true;
        }
        if (alive_elsewhere() || t_.packets_from > 0) return false;
        findings_.problem("host", "peer-unreachable",
                          "no answer from " + peer_ + why_silent() + relays_text());
        return true;
    }
    // Something else than our own test shows that the peer's process runs.
    [[nodiscard]] bool alive_elsewhere() const {
        return e_.theirs || e_.received_it || t_.relays_acked > 0;
    }
    [[nodiscard]] std::string why_silent() const {
        const std::string unsent_text = unsent();
        return unsent_text.empty() ? ", by UDP or TCP" : unsent_text;
    }
    [[nodiscard]] std::string relays_text() const {
        if (t_.relays_asked == 0) return "";
        return "; " + std::to_string(t_.relays_acked) + " of " + std::to_string(t_.relays_asked) +
               " other members reach it";
    }

    // --- UDP ------------------------------------------------------------------------------------

    void check_udp() {
        if (udp_works()) {
            const std::string text =
                std::to_string(t_.acked) + " of " + std::to_string(t_.rounds) +
                " pings were acked" +
                (t_.rtt ? ", the fastest after " + milliseconds_text(*t_.rtt) : "");
            if (t_.acked * 4 < t_.rounds * 3) {
                return findings_.warn("udp", "", text + ": packets are lost");
            }
            return findings_.ok("udp", text);
        }
        const bool ours_arrive = e_.theirs && e_.theirs->packets_from > 0;
        const bool theirs_arrive = t_.packets_from > 0;
        if (ours_arrive && !theirs_arrive) {
            return findings_.problem(
                "udp", "udp-from-peer-blocked",
                "our packets arrive at " + peer_ + ", and its packets do not arrive here");
        }
        if (theirs_arrive && !ours_arrive) {
            return findings_.problem(
                "udp", "udp-to-peer-blocked",
                "packets of " + peer_ + " arrive here, and ours do not arrive there" + unsent());
        }
        if (t_.ping == DirectPing::bounced) {
            return findings_.problem("udp", "udp-to-peer-blocked",
                                     "our packets to " + peer_ + " are refused" + unsent());
        }
        findings_.problem("udp", "udp-blocked",
                          (e_.theirs ? "no packet arrives in either direction: "
                                     : "no ping is answered; the direction is not known: ") +
                              peer_ + (tcp_works() ? " answers by TCP" : "") + relays_text());
    }
    // What the system says of our pings, if anything.
    [[nodiscard]] std::string unsent() const {
        switch (t_.ping) {
            case DirectPing::bounced:
                return with_error(": \"port unreachable\"", t_.ping_error);
            case DirectPing::no_route:
                return with_error(": this host has no route", t_.ping_error);
            case DirectPing::not_sent:
                return with_error(": this host does not send them", t_.ping_error);
            case DirectPing::unanswered:
                break;
        }
        return "";
    }

    // --- TCP ------------------------------------------------------------------------------------

    void check_tcp() {
        if (t_.stream == StreamPing::broken && refused_something()) {
            // Some programs send back what arrives, so that even pings seem to be acked.
            findings_.problem("program", "not-a-member-program",
                              "what answers connections to " + peer_ + " is not memberlist's: " +
                                  sanitized_head(t_.stream_answer, kLongAnswer));
        } else if (!tcp_works()) {
            findings_.problem("tcp", "tcp-to-peer-blocked", tcp_failure());
        } else if (e_.theirs && e_.theirs->acked > 0 && e_.theirs->stream != "answered") {
            findings_.problem("tcp", "tcp-from-peer-blocked",
                              "connections of " + peer_ + " to this agent fail (" +
                                  sanitized_head(e_.theirs->stream, 40) + "); ours work");
        } else {
            findings_.ok("tcp", e_.theirs ? "a ping by stream is answered, in both directions"
                                          : "a ping by stream is answered");
        }
    }
    [[nodiscard]] std::string tcp_failure() const {
        switch (t_.stream) {
            case StreamPing::refused:
                return with_error("connections to " + peer_ + " are refused", t_.stream_error);
            case StreamPing::broken:
                return "connections to " + peer_ + " end without an answer";
            case StreamPing::not_opened:
                return with_error("this host cannot open a connection to " + peer_,
                                  t_.stream_error);
            default:
                return with_error(t_.stream_connected
                                      ? "a connection to " + peer_ + " is not answered"
                                      : "no connection to " + peer_ + " comes about",
                                  t_.stream_error);
        }
    }

    // --- names, addresses, versions -------------------------------------------------------------

    void check_name() {
        if (t_.name.empty()) return;
        if (t_.acked_by_name > 0) return;
        findings_.problem("name", "other-node",
                          "at " + t_.target.to_string() + " a node answers that is not '" +
                              sanitized_head(t_.name, 80) + "'");
    }
    void check_address() {
        if (t_.acked_at_advertised > 0) {
            return findings_.ok("way back",
                                "its acks reach the address that we advertise, " + e_.advertised);
        }
        findings_.problem("way back", "advertised-unreachable",
                          peer_ + " answers to where our packets come from, and not at " +
                              e_.advertised + ", which this agent advertises");
    }
    void check_versions() {
        for (const Incident& i : e_.incidents) {
            if (i.kind != Incident::Kind::merge_refused) continue;
            return findings_.problem(
                "versions", "versions",
                "the state of its host was refused: " + sanitized_head(i.text, kLongAnswer));
        }
        if (!e_.member) {
            if (udp_works() && tcp_works()) {
                findings_.warn("member", "",
                               peer_ + " works and is no member: 'rollcall join " +
                                   t_.target.to_string() + "' adds it, or shows why not");
            }
            return;
        }
        const wire::Versions& theirs = e_.member->versions;
        const auto fault = membership::judge_versions(e_.versions, theirs);
        if (fault != membership::VersionFault::none) {
            return findings_.problem(
                "versions", "versions",
                sanitized_head(describe(fault, e_.member->name, e_.versions, theirs), kLongAnswer));
        }
        if (theirs.dcur < kProtocolWithQueries) {
            return findings_.warn("versions", "versions",
                                  "it speaks Serf's protocol " + std::to_string(theirs.dcur) +
                                      ", which knows no queries: some features do not reach it");
        }
        findings_.ok("versions", "protocol " + std::to_string(theirs.pcur) + " of " +
                                     std::to_string(theirs.pmin) + " to " +
                                     std::to_string(theirs.pmax) + ", Serf's " +
                                     std::to_string(theirs.dcur));
        if (e_.asked && !e_.theirs) {
            findings_.skip("its view",
                           e_.received_it
                               ? "it acked our question and has no answer: a Serf agent, "
                                 "or an older rollcall"
                               : "it did not answer our question to test the way back");
        }
    }

    const LinkEvidence& e_;
    const membership::LinkTested& t_;
    Findings& findings_;
    const std::string peer_;
};

}  // namespace

void check_link(const LinkEvidence& evidence, Findings& findings) {
    LinkCheck{evidence, findings}.run();
}

}  // namespace rollcall::agent
