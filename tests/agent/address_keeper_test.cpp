// SPDX-License-Identifier: Apache-2.0
//
// What an agent logs, and what its peers learn, when the addresses of its host change.
#include "agent/address_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "support/test_loop.h"

namespace rollcall::agent {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

class KeptAddress : public testing::Test {
protected:
    void keep(const char* bound, std::vector<HostAddress> host) {
        keeper_ = std::make_unique<AddressKeeper>(
            AddressKeeper::Parts{
                .loop = loop_,
                .log = *log_,
                .bound = *Endpoint::parse(bound),
                .configured = {},
                .moved = [this](const Endpoint& at) { moves_.push_back(at.to_string()); }},
            std::move(host));
    }
    static HostAddress eth0(const char* address) {
        return {"eth0", *Endpoint::parse_address(address, 0)};
    }
    std::string last_line() const { return log_->recent().back().text; }

    std::unique_ptr<Log> log_ = std::move(*Log::open({.file = "/dev/null"}));
    rollcall::tests::TestLoop loop_;
    std::vector<std::string> moves_;
    std::unique_ptr<AddressKeeper> keeper_;
};

TEST_F(KeptAddress, IsLoggedAtTheStartWithTheReason) {
    keep("0.0.0.0:5", {eth0("10.0.0.1")});
    EXPECT_EQ(keeper_->advertised().to_string(), "10.0.0.1:5");
    EXPECT_EQ(keeper_->bound().to_string(), "0.0.0.0:5");
    EXPECT_THAT(last_line(), EndsWith("advertising 10.0.0.1:5 (private address of eth0)"));
    EXPECT_TRUE(moves_.empty());
}

TEST_F(KeptAddress, AMoveIsLoggedAndReportedOnce) {
    keep("0.0.0.0:5", {eth0("10.0.0.1")});
    keeper_->look({eth0("10.0.0.2")});
    keeper_->look({eth0("10.0.0.2")});
    EXPECT_EQ(moves_, std::vector<std::string>{"10.0.0.2:5"});
    EXPECT_EQ(keeper_->advertised().to_string(), "10.0.0.2:5");
    EXPECT_THAT(last_line(), HasSubstr("instead of 10.0.0.1:5"));
}

TEST_F(KeptAddress, ALossIsLoggedAndNotReportedAsAMove) {
    keep("0.0.0.0:5", {eth0("10.0.0.1")});
    keeper_->look({});
    EXPECT_THAT(last_line(), EndsWith("waiting for another address"));
    keeper_->look({eth0("10.0.0.1")});
    EXPECT_THAT(last_line(), EndsWith("this host has 10.0.0.1 again"));
    EXPECT_TRUE(moves_.empty());
}

TEST_F(KeptAddress, TheLossOfAnAddressThatItIsBoundToCannotBeMadeUpFor) {
    keep("10.0.0.1:5", {eth0("10.0.0.1")});
    keeper_->look({eth0("10.0.0.2")});
    EXPECT_THAT(last_line(), HasSubstr("the agent is bound to it"));
    EXPECT_TRUE(moves_.empty());
}

TEST_F(KeptAddress, OnceClosedNoChangeIsNoticed) {
    keep("0.0.0.0:5", {eth0("10.0.0.1")});
    keeper_->begin();
    bool closed = false;
    keeper_->close([&] { closed = true; });
    keeper_->look({eth0("10.0.0.2")});
    EXPECT_TRUE(moves_.empty());
    EXPECT_EQ(keeper_->advertised().to_string(), "10.0.0.1:5");
    loop_.until([&] { return closed; });
}

}  // namespace
}  // namespace rollcall::agent
