// SPDX-License-Identifier: Apache-2.0
//
// Keeps the advertised address up to date while the host's addresses change (rule S8): checks when
// they may have changed, decides by OwnAddress, logs the change, and reports when another address
// has to be advertised. The loop's thread.
#pragma once

#include <uv.h>

#include <functional>
#include <optional>
#include <vector>

#include "agent/host/advertise.h"
#include "agent/host/own_address.h"
#include "agent/host/watch.h"
#include "agent/log/logging.h"
#include "base/endpoint.h"

namespace rollcall::agent {

class AddressKeeper {
public:
    struct Parts {
        uv_loop_t& loop;
        Log& log;
        Endpoint bound;                      // with the real port
        std::optional<Endpoint> configured;  // the setting `advertise`
        // Called when another address is advertised from now on.
        std::function<void(const Endpoint& advertised)> moved;
    };
    // Logs the advertised address and why. `host`: the current addresses of the host.
    AddressKeeper(Parts parts, std::vector<HostAddress> host);

    // Watches the host's addresses from now on. A libuv error, or 0.
    void begin() { watch_.begin(); }
    // Changes are ignored from now on.
    void close(const std::function<void()>& closed);
    // Call with the current addresses of the host when they may have changed.
    void look(std::vector<HostAddress> host);

    [[nodiscard]] const Endpoint& bound() const { return parts_.bound; }
    [[nodiscard]] const Endpoint& advertised() const { return address_.advertised().endpoint; }
    // See OwnAddress.
    [[nodiscard]] bool is_own(const Endpoint& at) const { return address_.is_own(at); }
    [[nodiscard]] bool out_of_reach(const Endpoint& at) const { return address_.out_of_reach(at); }

private:
    void log_move(const Endpoint& before) const;
    void log_loss() const;

    Parts parts_;
    OwnAddress address_;
    HostWatch watch_;
    bool closing_ = false;
};

}  // namespace rollcall::agent
