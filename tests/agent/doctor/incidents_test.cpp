// SPDX-License-Identifier: Apache-2.0
//
// What went wrong lately: counted by address and cause, the newest first, bounded.
#include "agent/doctor/incidents.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;

membership::Rejected refused(const std::string& from, wire::DecodeError cause,
                             bool stream = false) {
    return {.from = *Endpoint::parse(from), .cause = cause, .since_last = 3, .stream = stream};
}

TEST(Incidents, TheSameCauseOfOneAddressIsOneIncident) {
    Incidents incidents;
    using enum wire::DecodeError;
    incidents.handle(Time{1s}, refused("10.0.0.1:7946", bad_encryption));
    incidents.handle(Time{2s}, refused("10.0.0.2:7946", bad_encryption));
    incidents.handle(Time{3s}, refused("10.0.0.1:7946", bad_encryption));
    incidents.handle(Time{4s}, refused("10.0.0.1:7946", label_mismatch));
    const auto all = incidents.since(Time{0s});
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].cause, label_mismatch);
    EXPECT_EQ(all[1].count, 6u);
    EXPECT_EQ(all[1].last, Time{3s});
    EXPECT_EQ(incidents.since(Time{3s}).size(), 2u);
}

TEST(Incidents, PortsOfStreamsDoNotCount) {
    Incidents incidents;
    incidents.handle(Time{1s}, refused("10.0.0.1:40001", wire::DecodeError::label_mismatch, true));
    incidents.handle(Time{1s}, refused("10.0.0.1:40002", wire::DecodeError::label_mismatch, true));
    ASSERT_EQ(incidents.since(Time{0s}).size(), 1u);
    EXPECT_EQ(incidents.since(Time{0s})[0].from.port, 0);
}

TEST(Incidents, TheLongestPauseIsKept) {
    Incidents incidents;
    incidents.handle(Time{1s}, membership::PauseDetected{9s});
    incidents.handle(Time{2s}, membership::PauseDetected{3s});
    ASSERT_EQ(incidents.since(Time{0s}).size(), 1u);
    EXPECT_EQ(incidents.since(Time{0s})[0].gap, Duration{9s});
}

TEST(Incidents, AStrangerCannotFillTheMemory) {
    Incidents incidents;
    for (int i = 0; i < 1000; ++i) {
        incidents.handle(Time{1s}, refused("10.0.0.1:" + std::to_string(1000 + i),
                                           wire::DecodeError::bad_msgpack));
    }
    const auto all = incidents.since(Time{0s});
    ASSERT_EQ(all.size(), Incidents::kMost);
    EXPECT_EQ(all[0].from.port, 1999) << "the newest stay";
}

TEST(Incidents, OtherEventsAreNone) {
    Incidents incidents;
    incidents.handle(Time{1s}, membership::MemberReaped{"x"});
    EXPECT_TRUE(incidents.since(Time{0s}).empty());
}

}  // namespace
}  // namespace rollcall::agent
