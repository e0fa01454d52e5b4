// SPDX-License-Identifier: Apache-2.0
#include "agent/http/page.h"

#include <iterator>

#include "agent/http/page_parts.h"

namespace rollcall::agent::http {

std::string_view page_html() {
    return {kPage, std::size(kPage)};
}
std::string_view page_policy() {
    return kPagePolicy;
}

}  // namespace rollcall::agent::http
