// SPDX-License-Identifier: Apache-2.0
//
// The version of rollcall. Equal to the project version in CMakeLists.txt; a test compares them.
#pragma once

#include <string_view>

namespace rollcall {

inline constexpr std::string_view kVersionNumber = "0.1.0";

}  // namespace rollcall
