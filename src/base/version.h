// SPDX-License-Identifier: Apache-2.0
//
// Which rollcall this is. The same as the project's version in CMakeLists.txt; a test compares.
#pragma once

#include <string_view>

namespace rollcall {

inline constexpr std::string_view kVersionNumber = "0.1.0";

}  // namespace rollcall
