// SPDX-License-Identifier: Apache-2.0
#include "agent/http/api/openapi.h"

namespace rollcall::agent::http {

std::string_view openapi_document() {
    return "{}";
}

}  // namespace rollcall::agent::http
