// SPDX-License-Identifier: Apache-2.0
//
// The page at "/" (docs/operations/page.md): one document with its style and script, made by
// cmake/WebPage.cmake of src/agent/http/page and web/. The policy allows these by their SHA-256,
// requests to the same origin, and nothing else. Constant; any thread.
#pragma once

#include <string_view>

namespace rollcall::agent::http {

[[nodiscard]] std::string_view page_html();
// For the header Content-Security-Policy.
[[nodiscard]] std::string_view page_policy();

}  // namespace rollcall::agent::http
