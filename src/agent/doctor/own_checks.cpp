// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/own_checks.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <system_error>

#include "base/duration_text.h"
#include "base/sanitize.h"

namespace rollcall::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Fewer descriptors than this are too few for a small cluster: streams of peers and clients get a
// few each.
constexpr std::size_t kFewDescriptors = 256;
// The kernel counts its own overhead too: a granted 425984 is what 212992, its usual limit, gives.
constexpr std::uint64_t kSmallBuffer = 400'000;
constexpr std::uint64_t kTinyBuffer = 150'000;
// Of the deadlines, those that were late by 100 ms and more.
constexpr double kSomeLate = 0.001, kManyLate = 0.01;
constexpr std::uint64_t kFewestDeadlines = 100;
constexpr unsigned kPoorHealth = 3;
constexpr int kDaysToRenew = 14;
constexpr std::size_t kLongIncident = 200;
constexpr std::size_t kLongSeed = 80;
constexpr std::size_t kMostSources = 4;
constexpr Duration kHangingDisk = std::chrono::seconds{10};

std::string times_text(std::uint64_t count) {
    return count == 1 ? "once" : std::to_string(count) + " times";
}

std::string whole_seconds(Duration duration) {
    return duration_text(std::chrono::floor<seconds>(duration));
}

// To hundredths of a second: the clocks are not read at the same moment.
Duration rounded(Duration duration) {
    using Hundredths = std::chrono::duration<std::int64_t, std::centi>;
    return std::chrono::round<Hundredths>(duration);
}

// "in the last 10m"; "in the last 20s" of an agent that just started.
std::string lately_text(const OwnFigures& f) {
    return "in the last " + whole_seconds(f.lately_span);
}

void check_sends(const OwnFigures& f, Findings& findings) {
    if (f.sends_failing) {
        return findings.problem("sending", "sends-failing",
                                "no datagram leaves this host for " +
                                    whole_seconds(f.now - f.sends_failing->since) + ": " +
                                    std::generic_category().message(f.sends_failing->error));
    }
    const Counters& c = f.lately;
    const std::uint64_t failed = c.send_full + c.send_no_route + c.send_failed;
    if (failed * 100 > c.sent + failed) {
        return findings.warn("sending", "sends-failing",
                             std::to_string(failed) + " of " + std::to_string(c.sent + failed) +
                                 " datagrams could not be sent " + lately_text(f) + ": " +
                                 std::to_string(c.send_no_route) + " without a route, " +
                                 std::to_string(c.send_full) + " with a full socket, " +
                                 std::to_string(c.send_failed) + " refused by this host");
    }
    findings.ok("sending", "datagrams leave this host");
}

void check_descriptors(const OwnFigures& f, Findings& findings) {
    const std::string limit = std::to_string(f.descriptors) + " open files are allowed";
    const std::uint64_t refused = f.lately.connections_refused;
    if (!f.descriptors_ample && (refused > 0 || f.descriptors < kFewDescriptors)) {
        return findings.problem(
            "descriptors", "few-descriptors",
            limit + (refused > 0
                         ? "; connections refused " + times_text(refused) + ' ' + lately_text(f)
                         : ": too few"));
    }
    if (!f.descriptors_ample) return findings.warn("descriptors", "few-descriptors", limit);
    findings.ok("descriptors", limit);
}

void check_buffer(const OwnFigures& f, Findings& findings) {
    const std::uint64_t bytes = f.receive_buffer;
    const std::string granted =
        "the kernel grants " + std::to_string(bytes) + " bytes for arriving datagrams";
    if (bytes < kTinyBuffer) {
        return findings.problem("socket buffer", "small-socket-buffer", granted);
    }
    if (bytes < kSmallBuffer) {
        return findings.warn("socket buffer", "small-socket-buffer", granted);
    }
    findings.ok("socket buffer", granted);
}

void check_pauses(const OwnFigures& f, Findings& findings) {
    const auto recent = std::ranges::find(f.incidents, Incident::Kind::paused, &Incident::kind);
    if (recent != f.incidents.end()) {
        return findings.problem("pauses", "paused",
                                "the process did not run for " +
                                    duration_text(std::chrono::floor<milliseconds>(recent->gap)) +
                                    ", last " + whole_seconds(f.now - recent->last) + " ago; " +
                                    times_text(f.pauses) + " since the start");
    }
    if (f.pauses > 0) {
        return findings.warn("pauses", "paused",
                             "the process did not run for a while, " + times_text(f.pauses) +
                                 " since the start, not lately");
    }
    findings.ok("pauses", "the process was never paused");
}

void check_clock(const OwnFigures& f, Findings& findings) {
    if (f.clock_step) {
        const bool back = f.clock_step->by < Duration{};
        const Duration by = back ? -f.clock_step->by : f.clock_step->by;
        return findings.problem(
            "clock", "clock-jump",
            "the wall clock was set " + std::string{back ? "back" : "forward"} + " by " +
                duration_text(rounded(by)) + ", seen " + whole_seconds(f.now - f.clock_step->seen) +
                " ago; " + times_text(f.clock_steps) +
                " since the start: times in logs are off; probes do not use that clock");
    }
    if (f.clock_steps > 0) {
        return findings.warn("clock", "clock-jump",
                             "the wall clock was set " + times_text(f.clock_steps) +
                                 " since the start, not lately: times in logs are off");
    }
    findings.ok("clock", "the wall clock was not set");
}

void check_loop(const OwnFigures& f, Findings& findings) {
    const std::uint64_t deadlines = f.lately.deadlines, late = f.lately.late;
    const double share =
        static_cast<double>(late) / static_cast<double>(std::max(deadlines, kFewestDeadlines));
    const std::string text = std::to_string(late) + " of " + std::to_string(deadlines) +
                             " deadlines were met more than 100 ms late " + lately_text(f) + "; " +
                             std::to_string(f.since_start.late) + " of " +
                             std::to_string(f.since_start.deadlines) + " since the start";
    if (share > kManyLate) return findings.problem("loop", "starved-loop", text);
    if (share > kSomeLate) return findings.warn("loop", "starved-loop", text);
    findings.ok("loop", text);
}

void check_queues(const OwnFigures& f, Findings& findings) {
    const std::string fill =
        std::to_string(f.queued) + " of " + std::to_string(f.queue_limit) + " queued";
    if (f.queued * 4 > f.queue_limit * 3) {
        return findings.problem("queues", "queues-full",
                                "a broadcast queue is nearly full: " + fill);
    }
    if (f.lately.broadcasts_dropped > 0) {
        return findings.warn("queues", "queues-full",
                             std::to_string(f.lately.broadcasts_dropped) +
                                 " broadcasts were dropped " + lately_text(f) + "; now " + fill);
    }
    if (f.since_start.broadcasts_dropped > 0) {
        return findings.ok("queues", std::to_string(f.since_start.broadcasts_dropped) +
                                         " broadcasts were dropped since the start, none " +
                                         lately_text(f) + "; now " + fill);
    }
    findings.ok("queues", "no broadcast was dropped; " + fill);
}

void check_names(const OwnFigures& f, Findings& findings) {
    const auto recent =
        std::ranges::find(f.incidents, Incident::Kind::name_conflict, &Incident::kind);
    if (recent != f.incidents.end()) {
        return findings.problem(
            "names", "name-conflict",
            "two agents have the same name: " + sanitized_head(recent->text, kLongIncident) +
                ", last seen " + whole_seconds(f.now - recent->last) + " ago");
    }
    if (f.conflicts > 0) {
        return findings.warn("names", "name-conflict",
                             "two agents had the same name, " + times_text(f.conflicts) +
                                 " since the start, not lately");
    }
    findings.ok("names", "no two agents have the same name");
}

void check_outlets(const OwnFigures& f, Findings& findings) {
    if (f.scripts_dropped > 0) {
        findings.warn("scripts", "",
                      std::to_string(f.scripts_dropped) +
                          " events never reached an event handler: they came "
                          "faster than the scripts ran");
    }
    if (f.writing_for >= kHangingDisk) {
        findings.warn("files", "",
                      "writing a file has taken " + whole_seconds(f.writing_for) +
                          " and has not ended: its disk does not respond");
    }
    if (f.files_not_written > 0) {
        findings.warn(
            "files", "",
            "writing a file failed " + times_text(f.files_not_written) + ": the log has the cause");
    }
    if (f.log_lines_lost > 0) {
        findings.warn("log", "", std::to_string(f.log_lines_lost) + " log lines were lost");
    }
}

std::string_view cause_of(wire::DecodeError error) {
    switch (error) {
        case wire::DecodeError::bad_encryption:
            return "wrong-key";
        case wire::DecodeError::not_encrypted:
        case wire::DecodeError::encrypted_unexpectedly:
            return "encryption-differs";
        case wire::DecodeError::label_mismatch:
            return "wrong-label";
        default:
            return "not-a-member-program";
    }
}

// What other hosts send and we refuse is their fault as often as ours; but an agent that knows
// nobody has the wrong settings.
void check_refused(const OwnFigures& f, Findings& findings) {
    const bool alone = f.up <= 1;
    std::set<std::string_view> reported;
    for (const Incident& incident : f.incidents) {
        if (incident.kind != Incident::Kind::rejected) continue;
        const std::string_view cause = cause_of(incident.cause);
        if (!reported.insert(cause).second) continue;
        std::string sources;
        std::size_t count = 0;
        for (const Incident& other : f.incidents) {
            if (other.kind != incident.kind || cause_of(other.cause) != cause) continue;
            if (++count > kMostSources) break;
            const Endpoint& from = other.from;
            const std::string place = from.port == 0 ? from.address_to_string() : from.to_string();
            if (sources.find(place) == std::string::npos) {
                sources += (sources.empty() ? "" : ", ") + place;
            }
        }
        const std::string text = "refused what came from " + sources + " (" +
                                 std::string{to_string(incident.cause)} + "), last " +
                                 whole_seconds(f.now - incident.last) + " ago";
        if (alone && cause != "not-a-member-program") {
            findings.problem("refused", cause, text + "; and no other member is known");
        } else {
            findings.warn("refused", cause, text);
        }
    }
    for (const Incident& incident : f.incidents) {
        if (incident.kind != Incident::Kind::merge_refused) continue;
        const std::string text = "refused the state of " + incident.from.address_to_string() +
                                 ": " + sanitized_head(incident.text, kLongIncident);
        if (alone) {
            findings.problem("refused", "versions", text);
        } else {
            findings.warn("refused", "versions", text);
        }
        break;
    }
}

void check_seeds(const OwnFigures& f, Findings& findings) {
    using Is = SeedFinding::Is;
    const auto count = [&](Is is) {
        return std::ranges::count(f.seeds, is, [](const auto& seed) { return seed.second.is; });
    };
    const auto texts = [&](Is is) {
        std::string text;
        for (const auto& [seed, finding] : f.seeds) {
            if (finding.is != is || text.size() > kLongIncident) continue;
            text += (text.empty() ? "" : "; ") + sanitized_head(seed, kLongSeed) + ": " +
                    sanitized_head(finding.text, kLongIncident);
        }
        return text;
    };
    if (f.seeds.empty()) return;
    const auto answering = count(Is::answering), absent = count(Is::absent);
    if (answering > 0) {
        findings.warn("seeds", "",
                      texts(Is::answering) + "; missing seeds are joined every --retry-interval");
    }
    if (absent > 0 && f.up <= 1 && count(Is::member) + answering == 0) {
        findings.problem("seeds", "seeds-unreachable", "no seed answers: " + texts(Is::absent));
    } else if (absent > 0) {
        findings.warn("seeds", "seeds-unreachable", texts(Is::absent));
    }
    if (answering + absent > 0) return;
    const auto unknown = count(Is::unknown);
    findings.ok("seeds", count(Is::member) == 0 ? "the only seed is this agent itself"
                         : unknown > 0 ? std::to_string(std::ssize(f.seeds) - unknown) + " of " +
                                             std::to_string(f.seeds.size()) +
                                             " seeds were looked at: they are alive members"
                                       : "all seeds are alive members");
}

void check_address(const OwnFigures& f, Findings& findings) {
    const std::string address = f.advertised.to_string();
    if (f.advertises_loopback_for_lack) {
        return findings.warn("address", "advertised-unreachable",
                             address +
                                 " is advertised, which only this host reaches: it had no "
                                 "other address");
    }
    if (!f.advertised_is_here) {
        return findings.warn("address", "",
                             address +
                                 " is advertised, and no interface of this host has it: "
                                 "right behind NAT, wrong otherwise");
    }
    findings.ok("address", address + " is advertised");
}

// Steps before the last one are there to be left again.
void check_encryption(const OwnFigures& f, Findings& findings) {
    if (f.encryption.empty()) return;
    if (f.encryption == "require") return findings.ok("encryption", "plain text is refused");
    std::string what = "the step is '" + f.encryption + "': plain text is accepted";
    if (f.encryption == "off") {
        what = "this agent has a key and does not use it";
    } else if (f.plain_text > 0) {
        what += ", in the last five minutes " + times_text(f.plain_text) + ", from " +
                f.plain_text_from;
    } else {
        what += ", and none came in the last five minutes";
    }
    findings.warn("encryption", "", what);
}

void check_certificate(const OwnFigures& f, Findings& findings) {
    if (!f.certificate_left) return;
    const auto days = std::chrono::duration_cast<std::chrono::days>(*f.certificate_left).count();
    if (f.certificate_left->count() <= 0) {
        return findings.problem("certificate", "certificate-expired",
                                "the certificate in tls_cert has expired: clients refuse it");
    }
    const std::string until = "the certificate in tls_cert expires in " + std::to_string(days) +
                              (days == 1 ? " day" : " days");
    if (days < kDaysToRenew) return findings.warn("certificate", "", until);
    findings.ok("certificate", until);
}

}  // namespace

void check_own(const OwnFigures& f, Findings& findings) {
    findings.ok("agent", f.name + ", version " + f.version + ", runs for " +
                             whole_seconds(f.uptime) + "; " + std::to_string(f.up) + " of " +
                             std::to_string(f.others + 1) + " members are up");
    check_sends(f, findings);
    check_address(f, findings);
    check_seeds(f, findings);
    check_names(f, findings);
    check_refused(f, findings);
    check_encryption(f, findings);
    check_certificate(f, findings);
    check_descriptors(f, findings);
    check_buffer(f, findings);
    check_pauses(f, findings);
    check_clock(f, findings);
    check_loop(f, findings);
    check_queues(f, findings);
    check_outlets(f, findings);
    if (f.health_score >= kPoorHealth) {
        findings.warn("health", "",
                      "the health score is " + std::to_string(f.health_score) +
                          ": probes of this agent fail while others' do not");
    }
}

void check_advertised(const OwnFigures& f, const membership::LinkTested& by_relays,
                      Findings& findings) {
    const std::string address = f.advertised.to_string();
    if (by_relays.relays_asked == 0) {
        return findings.skip("reachable",
                             "no other member is up to test whether " + address + " is reachable");
    }
    const std::string of = " of " + std::to_string(by_relays.relays_asked) + " members asked";
    if (by_relays.relays_acked > 0) {
        return findings.ok("reachable", std::to_string(by_relays.relays_acked) + of +
                                            " reach this agent at " + address);
    }
    if (by_relays.relays_nacked > 0) {
        return findings.problem("reachable", "advertised-unreachable",
                                std::to_string(by_relays.relays_nacked) + of +
                                    " answered that they do not reach this agent at " + address);
    }
    findings.skip("reachable", "none" + of + " to ping " + address +
                                   " answered: see the links to "
                                   "them ('rollcall doctor NAME')");
}

}  // namespace rollcall::agent
