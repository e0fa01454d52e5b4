// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a client as msgpack objects. Until the client is trusted, with small limits, and
// byte by byte: what follows the object that authenticates it is for a reader with other limits.
#pragma once

#include <string>
#include <string_view>

#include "agent/session/limits.h"
#include "rpc/reader.h"

namespace rollcall::agent {

class RequestReader {
public:
    explicit RequestReader(const RpcLimits& limits)
        : limits_{limits}, reader_{limits.first_requests} {}

    void feed(std::string_view bytes);
    // Reads one object, if it is complete. `trusted` does not change back to false.
    [[nodiscard]] rpc::ObjectReader::Status next(bool trusted);
    // The object that next() found; valid until the next call.
    [[nodiscard]] const msgpack::object& object() const { return reader_.object(); }
    [[nodiscard]] bool inside_an_object() const {
        return !first_bytes_.empty() || reader_.buffered() > 0;
    }

private:
    const RpcLimits& limits_;
    rpc::ObjectReader reader_;
    bool trusts_ = false;      // reader_ has the limits of a trusted client
    std::string first_bytes_;  // unread bytes of an untrusted client
};

}  // namespace rollcall::agent
