// SPDX-License-Identifier: Apache-2.0
//
// The page at "/": complete, self-contained, and without the ways by which text becomes markup or
// code. That it works is tested in a browser (tests/interop/test_page.py).
#include "agent/http/page.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace rollcall::agent::http {
namespace {

TEST(AgentPage, IsOneDocumentWithItsStyleAndScript) {
    const std::string page{page_html()};
    EXPECT_TRUE(page.starts_with("<!doctype html>"));
    EXPECT_TRUE(page.ends_with("</html>\n"));
    EXPECT_EQ(page.find("{{style}}"), std::string::npos);
    EXPECT_EQ(page.find("{{script}}"), std::string::npos);
    EXPECT_NE(page.find("/v1/members"), std::string::npos) << "the script is in it";
    EXPECT_LT(page.size(), 128u << 10u) << "every visit sends it";
}

TEST(AgentPage, LoadsNothingFromElsewhere) {
    const std::string page{page_html()};
    // The namespace of SVG is a name, not an address that is loaded.
    const std::regex svg{"http://www\\.w3\\.org/2000/svg"};
    const std::string rest = std::regex_replace(page, svg, "");
    for (const char* const trace : {"http://", "https://", "src=\"", "@import", "url(", "import(",
                                    "<link rel=\"stylesheet\"", "<base"}) {
        EXPECT_EQ(rest.find(trace), std::string::npos) << trace;
    }
}

TEST(AgentPage, NeverMakesMarkupOrCodeOfText) {
    const std::string page{page_html()};
    for (const char* const way : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write",
                                  "eval(", "new Function", "srcdoc", "DOMParser"}) {
        EXPECT_EQ(page.find(way), std::string::npos) << way;
    }
    EXPECT_FALSE(std::regex_search(page, std::regex{"<[a-z]+[^>]* (style|on[a-z]+)="}))
        << "the policy would refuse it";
}

TEST(AgentPage, ItsPolicyAllowsItsOwnPartsAndNothingElse) {
    const std::string policy{page_policy()};
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
    EXPECT_NE(policy.find("connect-src 'self'"), std::string::npos);
    EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_NE(policy.find("form-action 'none'"), std::string::npos);
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_EQ(policy.find('*'), std::string::npos);
    for (const char* const part : {"style-src", "script-src"}) {
        const std::regex only{std::string{part} + " 'sha256-[A-Za-z0-9+/]{43}=';"};
        EXPECT_TRUE(std::regex_search(policy, only)) << policy;
    }
}

}  // namespace
}  // namespace rollcall::agent::http
