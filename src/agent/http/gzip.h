// SPDX-License-Identifier: Apache-2.0
//
// Compresses an answer piece by piece. About 50 KiB per running answer, a third of zlib's default.
#pragma once

#include <memory>
#include <string_view>

#include "agent/http/answer.h"

namespace rollcall::agent::http {

// Null if zlib has no memory for it; `plain` is then unchanged.
[[nodiscard]] std::unique_ptr<Source> gzipped(std::unique_ptr<Source>& plain);
// A text as a source.
[[nodiscard]] std::unique_ptr<Source> text_source(std::string text);

// Whether an Accept-Encoding header has gzip, not with a quality of 0.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

}  // namespace rollcall::agent::http
