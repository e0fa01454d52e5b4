// SPDX-License-Identifier: Apache-2.0
#include "agent/http/api/openapi.h"

#include "agent/http/api/openapi_text.h"

namespace rollcall::agent::http {

std::string_view openapi_document() {
    return kOpenApi;
}

}  // namespace rollcall::agent::http
