// SPDX-License-Identifier: Apache-2.0
#include "agent/control/transport_figures.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "support/test_folder.h"

namespace rollcall::agent {
namespace {

// A counter that was added to the struct and not here would make this differ.
TEST(TransportFigures, EveryCounterIsShown) {
    const std::size_t counters = sizeof(transport::Stats) / sizeof(std::uint64_t);
    EXPECT_EQ(transport_figures({}).size(), counters);
}

TEST(TransportFigures, EachShowsItsOwnCounter) {
    transport::Stats stats;
    auto* const first = reinterpret_cast<std::uint64_t*>(&stats);
    std::set<std::string> values;
    for (std::size_t i = 0; i < sizeof stats / sizeof *first; ++i) first[i] = 1000 + i;
    for (const auto& [name, value] : transport_figures(stats)) {
        EXPECT_TRUE(values.insert(value).second) << name << " shows another one's";
    }
}

TEST(TransportFigures, EachIsExplainedToTheOperator) {
    const std::string page = rollcall::tests::project_file("docs/operations/transport.md");
    // "`tcp.ended_finished`, `_reset`" stands for both.
    for (const auto& [name, value] : transport_figures({})) {
        const std::string tail =
            name.substr(name.rfind('_') == std::string::npos ? 0 : name.find('_'));
        const bool told =
            page.find('`' + name + '`') != std::string::npos ||
            (name.starts_with("tcp.ended_") && page.find('`' + tail + '`') != std::string::npos);
        EXPECT_TRUE(told) << name;
    }
}

}  // namespace
}  // namespace rollcall::agent
