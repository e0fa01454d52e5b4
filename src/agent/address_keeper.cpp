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
    const Advertised& now = address_.told();
    parts_.log.write(
        Level::info, kAddressComponent, "advertise",
        "telling others to reach us at " + now.endpoint.to_string() + " (" + now.why + ")",
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
    const Advertised& now = address_.told();
    parts_.log.write(
        Level::warn, kAddressComponent, "address-changed",
        "this host's addresses changed: others are told to reach us at " +
            now.endpoint.to_string() + " (" + now.why + "), no longer at " + before.to_string() +
            "; --advertise would settle it",
        {{"address", now.endpoint.to_string()}, {"before", before.to_string()}, {"why", now.why}});
}

void AddressKeeper::log_loss() const {
    const bool free = parts_.bound.is_unspecified();
    parts_.log.write(Level::warn, kAddressComponent, "address-lost",
                     "this host no longer has " + advertised().address_to_string() +
                         ", at which others are told to reach us; " +
                         (free ? "waiting for another address"
                               : "this agent is bound to it: if it does not come back, start the "
                                 "agent anew"),
                     {{"address", advertised().to_string()}});
}

}  // namespace rollcall::agent
