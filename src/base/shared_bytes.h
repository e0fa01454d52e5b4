// SPDX-License-Identifier: Apache-2.0
//
// Bytes that several writes share, and that never change.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace rollcall {

using SharedBytes = std::shared_ptr<const std::vector<std::byte>>;

}  // namespace rollcall
