// SPDX-License-Identifier: Apache-2.0
//
// The order in which an agent ends, over things that close when the test says so.
#include "agent/shutdown.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace rollcall::agent {
namespace {

class Ending : public testing::Test {
protected:
    Shutdown::Close later(const std::string& name) {
        return [this, name](const Shutdown::Closed& closed) {
            begun_.push_back(name);
            open_.emplace(name, closed);
        };
    }
    Shutdown::Close at_once(const std::string& name) {
        return [this, name](const Shutdown::Closed& closed) {
            begun_.push_back(name);
            closed();
        };
    }
    void close(const std::string& name) {
        const auto closed = open_.extract(name);
        ASSERT_FALSE(closed.empty()) << name;
        closed.mapped()();
    }

    using Names = std::vector<std::string>;
    Names begun_;
    std::map<std::string, Shutdown::Closed> open_;
    Shutdown shutdown_;
};

TEST_F(Ending, NothingIsClosedBeforeItBegins) {
    shutdown_.add(later("a"));
    EXPECT_FALSE(shutdown_.begun());
    EXPECT_FALSE(shutdown_.ended());
    EXPECT_EQ(begun_, Names{});
}

TEST_F(Ending, AllBeginInTheirOrderAndEndInAnyOrder) {
    shutdown_.add(later("a"));
    shutdown_.add(later("b"));
    shutdown_.add(later("c"));
    EXPECT_TRUE(shutdown_.begin());
    EXPECT_TRUE(shutdown_.begun());
    EXPECT_EQ(begun_, (Names{"a", "b", "c"}));
    close("c");
    close("a");
    EXPECT_EQ(shutdown_.open(), 1u);
    EXPECT_FALSE(shutdown_.ended());
    close("b");
    EXPECT_TRUE(shutdown_.ended());
}

TEST_F(Ending, TheLastOnesWaitForAllOthers) {
    shutdown_.add_last(later("signal 1"));
    shutdown_.add(later("a"));
    shutdown_.add_last(later("signal 2"));
    shutdown_.add(later("b"));
    shutdown_.begin();
    EXPECT_EQ(begun_, (Names{"a", "b"}));
    close("b");
    EXPECT_EQ(begun_, (Names{"a", "b"}));
    close("a");
    EXPECT_EQ(begun_, (Names{"a", "b", "signal 1", "signal 2"}));
    close("signal 1");
    EXPECT_FALSE(shutdown_.ended());
    close("signal 2");
    EXPECT_TRUE(shutdown_.ended());
}

TEST_F(Ending, WhatClosesAtOnceDoesNotEndItEarly) {
    shutdown_.add(at_once("a"));
    shutdown_.add(later("b"));
    shutdown_.add_last(at_once("last"));
    shutdown_.begin();
    EXPECT_EQ(begun_, (Names{"a", "b"}));
    EXPECT_FALSE(shutdown_.ended());
    close("b");
    EXPECT_EQ(begun_, (Names{"a", "b", "last"}));
    EXPECT_TRUE(shutdown_.ended());
}

TEST_F(Ending, AllThatClosesAtOnceEndsAtOnce) {
    shutdown_.add(at_once("a"));
    shutdown_.add_last(at_once("last"));
    shutdown_.begin();
    EXPECT_TRUE(shutdown_.ended());
}

TEST_F(Ending, WithNothingToCloseItEndsAtOnce) {
    EXPECT_TRUE(shutdown_.begin());
    EXPECT_TRUE(shutdown_.ended());
}

TEST_F(Ending, ItBeginsOnce) {
    shutdown_.add(later("a"));
    EXPECT_TRUE(shutdown_.begin());
    EXPECT_FALSE(shutdown_.begin());
    EXPECT_EQ(begun_, Names{"a"});
    close("a");
    EXPECT_FALSE(shutdown_.begin());
    EXPECT_TRUE(shutdown_.ended());
}

}  // namespace
}  // namespace rollcall::agent
