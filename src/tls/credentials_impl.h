// SPDX-License-Identifier: Apache-2.0
//
// The state of Credentials. Internal to this folder.
#pragma once

#include <string>

#include "tls/credentials.h"
#include "tls/openssl.h"

namespace rollcall::tls {

struct Credentials::Impl {
    Owned<SSL_CTX> context;
    Side side = Side::server;
    std::string subject;
    Time not_before{}, not_after{};
};

}  // namespace rollcall::tls
