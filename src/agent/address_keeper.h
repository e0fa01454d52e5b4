// SPDX-License-Identifier: Apache-2.0
//
// The address that this agent advertises, while the addresses of its host come and go (rule S8):
// looks when they may have changed, decides by OwnAddress, logs what changed, and says when peers
// have to learn another address. The loop's thread.
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
        std::optional<Endpoint> configured;  // what the operator wants advertised
        // Another address is advertised from now on.
        std::function<void(const Endpoint& advertised)> moved;
    };
    // Logs what is advertised, and why. `host`: the addresses of the host now.
    AddressKeeper(Parts parts, std::vector<HostAddress> host);

    // Watches the host's addresses from now on. A libuv error, or 0.
    void begin() { watch_.begin(); }
    // No change is noticed from here on.
    void close(const std::function<void()>& closed);
    // The addresses of the host may have changed, to these.
    void look(std::vector<HostAddress> host);

    [[nodiscard]] const Endpoint& bound() const { return parts_.bound; }
    [[nodiscard]] const Endpoint& advertised() const { return address_.told().endpoint; }
    // As in OwnAddress.
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
