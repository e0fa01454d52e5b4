// SPDX-License-Identifier: Apache-2.0
//
// Keys as text, under this room's name.
#pragma once

#include "wire/base64.h"

namespace rollcall::agent {

using wire::base64_error_at;
using wire::from_base64;
using wire::to_base64;

}  // namespace rollcall::agent
