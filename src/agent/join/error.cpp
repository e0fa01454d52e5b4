// SPDX-License-Identifier: Apache-2.0
#include "agent/join/error.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace rollcall::agent {
namespace {

// Causes that suggest another label or key: the peer refused us, or we refused its answer.
constexpr std::array<std::string_view, 5> kMaybeOtherCluster{
    "another label or encryption key?", "label_mismatch", "not_encrypted", "encrypted_unexpectedly",
    "bad_encryption"};

}  // namespace

std::string to_text(const JoinError& error) {
    if (!error.address) return error.seed + ": " + error.cause;
    const std::string address = error.address->to_string();
    if (address == error.seed) return error.seed + ": " + error.cause;
    return error.seed + " (" + address + "): " + error.cause;
}

std::string on_one_line(const JoinErrors& errors) {
    std::string text;
    for (const JoinError& error : errors) text += (text.empty() ? "" : "; ") + to_text(error);
    return text;
}

std::string serf_error_text(const JoinErrors& errors) {
    if (errors.empty()) return {};
    std::string text = std::to_string(errors.size()) +
                       (errors.size() == 1 ? " error occurred:\n" : " errors occurred:\n");
    for (const JoinError& error : errors) {
        text += "\t* ";
        text += error.address
                    ? "Failed to join " + error.address->address_to_string() + ": " + to_text(error)
                    : "Failed to resolve " + error.host + ": " + error.cause;
        text += '\n';
    }
    return text + "\n";
}

std::string advice_for(const JoinErrors& errors) {
    const bool maybe = std::ranges::any_of(errors, [](const JoinError& error) {
        return std::ranges::any_of(kMaybeOtherCluster, [&](std::string_view words) {
            return error.cause.find(words) != std::string::npos;
        });
    });
    if (!maybe) return {};
    return "compare 'label' and 'key_fingerprint' of 'rollcall info' on both sides; the log of the "
           "peer shows what it refused";
}

}  // namespace rollcall::agent
