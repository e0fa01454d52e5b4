// SPDX-License-Identifier: Apache-2.0
#include "agent/log/event_words.h"

#include <chrono>
#include <system_error>

namespace rollcall::agent {

using membership::DirectPing;
using membership::ProbeEvidence;
using membership::StreamPing;

namespace {

std::string count_of(unsigned number, std::string_view what) {
    return std::to_string(number) + ' ' + std::string{what} + (number == 1 ? "" : "s");
}

std::string direct_words(const ProbeEvidence& evidence) {
    switch (evidence.ping) {
        case DirectPing::unanswered:
            return "no ack in " +
                   std::to_string(
                       std::chrono::duration_cast<std::chrono::milliseconds>(evidence.waited)
                           .count()) +
                   " ms";
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

}  // namespace

std::string system_error_text(int number) {
    return number == 0 ? "" : ": " + std::generic_category().message(number);
}

std::string words_of(const ProbeEvidence& evidence) {
    return direct_words(evidence) + "; " + relay_words(evidence) + "; " + stream_words(evidence);
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

}  // namespace rollcall::agent
