// SPDX-License-Identifier: Apache-2.0
//
// This API as an OpenAPI 3.1 document, made at build time of openapi.json. Constant data.
#pragma once

#include <string_view>

namespace rollcall::agent::http {

[[nodiscard]] std::string_view openapi_document();

}  // namespace rollcall::agent::http
