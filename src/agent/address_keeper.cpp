// SPDX-License-Identifier: Apache-2.0
#include "agent/address_keeper.h"

#include <string>
#include <string_view>
#include <utility>

namespace rollcall::agent {
namespace {

constexpr std::string_view kAddressComponent = "agent";

}  // namespace

AddressKeeper::AddressKeeper(Parts parts, std::vector<HostAddress> host)
    : parts_{std::move(parts)},
      address_{parts_.bound, parts_.configured, std::move(host)},
      watch_{parts_.loop, [this] { look(host_addresses()); }} {
    const Advertised& now = address_.advertised();
    parts_.log.write(Level::info, kAddressComponent, "advertise",
                     "advertising " + now.endpoint.to_string() + " (" + now.why + ")",
                     {{"address", now.endpoint.to_string()}, {"why", now.why}});
}

void AddressKeeper::close(const std::function<void()>& closed) {
    closing_ = true;
    watch_.close(closed);
}

void AddressKeeper::look(std::vector<HostAddress> host) {
    if (closing_) return;  // the watch may still call until it is closed
    const Endpoint before = advertised();
    switch (address_.look(std::move(host))) {
        case OwnAddress::Change::none:
            return;
        case OwnAddress::Change::moved:
            log_move(before);
            return parts_.moved(advertised());
        case OwnAddress::Change::lost:
            return log_loss();
        case OwnAddress::Change::back:
            parts_.log.write(Level::info, kAddressComponent, "address-back",
                             "this host has " + before.address_to_string() + " again",
                             {{"address", before.to_string()}});
            return;
    }
}

void AddressKeeper::log_move(const Endpoint& before) const {
    const Advertised& now = address_.advertised();
    parts_.log.write(
        Level::warn, kAddressComponent, "address-changed",
        "addresses of this host changed: now advertising " + now.endpoint.to_string() + " (" +
            now.why + ") instead of " + before.to_string() + "; --advertise sets a fixed one",
        {{"address", now.endpoint.to_string()}, {"before", before.to_string()}, {"why", now.why}});
}

void AddressKeeper::log_loss() const {
    const bool free = parts_.bound.is_unspecified();
    parts_.log.write(Level::warn, kAddressComponent, "address-lost",
                     "this host no longer has " + advertised().address_to_string() +
                         ", the advertised address; " +
                         (free ? "waiting for another address"
                               : "the agent is bound to it: restart the agent if the address does "
                                 "not come back"),
                     {{"address", advertised().to_string()}});
}

}  // namespace rollcall::agent
