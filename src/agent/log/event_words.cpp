// SPDX-License-Identifier: Apache-2.0
#include "agent/log/event_words.h"

#include <array>
#include <chrono>
#include <system_error>

namespace rollcall::agent {

using membership::DirectPing;
using membership::ProbeEvidence;
using membership::StreamPing;
using membership::VigilEvidence;

namespace {

std::string count_of(unsigned number, std::string_view what, std::string_view ending = "s") {
    return std::to_string(number) + ' ' + std::string{what} +
           std::string{number == 1 ? "" : ending};
}
std::string in_milliseconds(Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) +
           " ms";
}

std::string direct_words(const ProbeEvidence& evidence) {
    switch (evidence.ping) {
        case DirectPing::unanswered:
            return "no ack in " + in_milliseconds(evidence.waited);
        case DirectPing::bounced:
            return "UDP port unreachable";
        case DirectPing::no_route:
            return "no route to it" + system_error_text(evidence.ping_error);
        case DirectPing::not_sent:
            return "the ping could not be sent" + system_error_text(evidence.ping_error);
    }
    return "?";
}

std::string relay_words(const ProbeEvidence& evidence) {
    const unsigned asked = evidence.relays_asked;
    if (asked == 0) return "no relay to ask";
    if (evidence.nacks_received == asked) {
        return std::to_string(asked) + " of " + count_of(asked, "relay") + " could not reach it";
    }
    std::string text = count_of(asked, "relay") + " asked";
    if (evidence.nacks_received > 0) {
        text += ", " + std::to_string(evidence.nacks_received) + " could not reach it";
    }
    if (evidence.relays_unasked > 0) {
        text += ", " + std::to_string(evidence.relays_unasked) + " could not be sent to";
    }
    const unsigned accounted = evidence.nacks_received + evidence.relays_unasked;
    if (accounted < asked) text += ", " + std::to_string(asked - accounted) + " without an answer";
    return text;
}

std::string stream_words(const ProbeEvidence& evidence) {
    switch (evidence.stream) {
        case StreamPing::not_tried:
            return "TCP not tried";
        case StreamPing::unanswered:
            return "no answer by TCP";
        case StreamPing::answered:
            return "TCP answered";
        case StreamPing::refused:
            return "TCP refused";
        case StreamPing::broken:
            return "TCP closed without an answer";
        case StreamPing::not_opened:
            return "no TCP connection from here" + system_error_text(evidence.stream_error);
    }
    return "?";
}

// What the member did not answer, and whether others did at the same time.
std::string silence_words(const VigilEvidence& evidence, std::string_view outcome = "") {
    std::string text = "looked at for " + in_milliseconds(evidence.took) + std::string{outcome} +
                       ": " + count_of(evidence.pings, "ping") + " unanswered, ";
    if (evidence.controls_sent == 0) {
        text += "no controls";
    } else {
        text += std::to_string(evidence.controls_answered) + " of " +
                count_of(evidence.controls_sent, "control") + " answered";
    }
    return text + ", " + count_of(evidence.witnesses, "witness", "es");
}

}  // namespace

std::string system_error_text(int number) {
    return number == 0 ? "" : ": " + std::generic_category().message(number);
}

std::string words_of(const ProbeEvidence& evidence) {
    return direct_words(evidence) + "; " + relay_words(evidence) + "; " + stream_words(evidence);
}

std::string words_of(const VigilEvidence& evidence) {
    switch (evidence.ground) {
        case VigilEvidence::Ground::refused:
            return "its host refused " + count_of(evidence.refusals, "time") +
                   ": the process is gone";
        case VigilEvidence::Ground::unanswered:
            return silence_words(evidence);
        case VigilEvidence::Ground::expired:
            break;
    }
    if (evidence.stalled) return "stalled: its host took a connection; " + silence_words(evidence);
    return silence_words(evidence, " without a verdict");
}

std::string words_of(const serf::NameConflictDecided& vote, const std::string& other) {
    const std::string node = "the node at " + other + " has this member's name";
    const std::string votes =
        std::to_string(vote.for_us) + " of " + std::to_string(vote.answers) + " answers";
    if (vote.outvoted) {
        return node + " and won the vote: " + votes +
               " for this member, which had the name first " +
               "and keeps running; stop one of the two, or rename it";
    }
    return node + (vote.kept ? "; the vote keeps it here: " : "; the vote was lost: ") + votes;
}

std::string words_of_accusers(const std::vector<std::string>& accusers) {
    if (accusers.empty()) return "";
    std::string text = "suspected by " + accusers.front();
    const auto confirmed = static_cast<unsigned>(accusers.size() - 1);
    if (confirmed == 0) return text + ", no confirmation";
    text += ", " + count_of(confirmed, "confirmation") + " from ";
    for (std::size_t i = 1; i < accusers.size(); ++i) text += (i > 1 ? ", " : "") + accusers[i];
    return text;
}

std::string_view step_of(serf::TuningChanged::Step step) {
    // In the order of the steps.
    static constexpr std::array<std::string_view, 5> kSteps{"applied", "confirmed", "reverted",
                                                            "expired", "replaced"};
    return kSteps[static_cast<std::size_t>(step)];
}

std::string words_of(const serf::TuningChanged& e) {
    using Step = serf::TuningChanged::Step;
    const std::string change = "change " + std::to_string(e.id) + " of timings by " + e.by;
    std::string changes;
    for (const std::string& one : e.changes) {  // "probe_interval 1s 2s"
        const std::size_t first = one.find(' ');
        const std::size_t second = one.find(' ', first + 1);
        changes += (changes.empty() ? "" : ", ") + one.substr(0, first) + " from " +
                   one.substr(first + 1, second - first - 1) + " to " + one.substr(second + 1);
    }
    switch (e.step) {
        case Step::applied:
            return change + ": " + changes + "; undone in " + duration_text(e.revert_after) +
                   " unless it is confirmed";
        case Step::confirmed:
            return change + " is confirmed";
        case Step::reverted:
            return change + " is undone on request: " + changes;
        case Step::expired:
            return change + " was not confirmed in time, and is undone: " + changes;
        case Step::replaced:
            return change + " ends: the configuration was reloaded";
    }
    return change;
}

std::string words_of(const serf::KeyCommandHandled& e) {
    struct Words {
        std::string_view infinitive, done, already;
    };
    // In the order of serf::KeyCommand; "#" is the key.
    static constexpr std::array<Words, 4> kWords{
        Words{"install #", "installed #", "# was installed already"},
        Words{"make # the primary key", "made # the primary key", "# was the primary key already"},
        Words{"remove #", "removed #", "# was not installed, nothing to remove"},
        Words{"list the keys", "", "listed the keys"}};
    const Words& words = kWords[static_cast<std::size_t>(e.command)];
    std::string text{!e.refused.empty() ? words.infinitive
                     : e.changed        ? words.done
                                        : words.already};
    if (const std::size_t at = text.find('#'); at != std::string::npos) {
        text.replace(at, 1, e.fingerprint.empty() ? "a key" : "key " + e.fingerprint);
    }
    return e.refused.empty() ? text : "refused to " + text + ": " + e.refused;
}

}  // namespace rollcall::agent
