// SPDX-License-Identifier: Apache-2.0
//
// Names and times of certificates as text and as C++ values. Internal to this folder.
#pragma once

#include <openssl/asn1.h>
#include <openssl/x509.h>

#include <chrono>
#include <ctime>
#include <string>

#include "tls/openssl.h"

namespace rollcall::tls {

// What was written to a BIO in memory.
inline std::string text_in(BIO* memory) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    return {data, static_cast<std::size_t>(size > 0 ? size : 0)};
}

// "CN=rollcall"
inline std::string text_of(const X509_NAME* name) {
    const Owned<BIO> out{BIO_new(BIO_s_mem())};
    X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
    return text_in(out.get());
}

// The epoch for a time that is none.
inline std::chrono::system_clock::time_point time_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
    return std::chrono::system_clock::from_time_t(timegm(&parts));
}

// A key in a file is never decrypted: nothing asks on a terminal.
inline int no_password(char* /*room*/, int /*size*/, int /*writing*/, void* /*data*/) {
    return -1;
}

}  // namespace rollcall::tls
