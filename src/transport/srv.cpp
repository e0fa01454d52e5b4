// SPDX-License-Identifier: Apache-2.0
#include "transport/srv.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <array>

#include "transport/addresses.h"

namespace rollcall::transport {
namespace {

constexpr std::string_view kPrefix = "srv+";
constexpr std::size_t kLargestMessage = 65535;
constexpr int kSecondsPerTry = 2;
constexpr int kTries = 2;

const unsigned char* as_unsigned(const std::byte* bytes) {
    return reinterpret_cast<const unsigned char*>(bytes);
}

std::string why_none(int error) {
    switch (error) {
        case HOST_NOT_FOUND:
            return "no such name";
        case NO_DATA:
            return "it has no SRV records";
        case TRY_AGAIN:
            return "no name server answered";
        default:
            return "the name server returned an error";
    }
}

// The resolver's state, for one question.
class Asker {
public:
    explicit Asker(const std::optional<Endpoint>& server) {
        ready_ = res_ninit(&state_) == 0;
        if (!ready_) return;
        state_.retrans = kSecondsPerTry;
        state_.retry = kTries;
        if (!server) return;
        const auto address = to_socket_address(*server, Family::v4);
        ready_ = address.has_value();
        if (!ready_) return;
        state_.nscount = 1;
        state_.nsaddr_list[0] = address->v4;
    }
    ~Asker() { res_nclose(&state_); }
    Asker(const Asker&) = delete;
    Asker& operator=(const Asker&) = delete;

    // The length of the answer, or -1: then error() is the reason.
    [[nodiscard]] int ask(const std::string& service, MutableBytes answer) {
        if (!ready_) return -1;
        return res_nquery(&state_, service.c_str(), ns_c_in, ns_t_srv,
                          reinterpret_cast<unsigned char*>(answer.data()),
                          static_cast<int>(answer.size()));
    }
    [[nodiscard]] std::string error() const {
        return ready_ ? why_none(state_.res_h_errno) : "the resolver cannot be set up";
    }

private:
    struct __res_state state_ {};
    bool ready_ = false;
};

}  // namespace

std::optional<std::string_view> service_of(std::string_view host) {
    if (!host.starts_with(kPrefix) || host.size() == kPrefix.size()) return {};
    return host.substr(kPrefix.size());
}

SrvAnswer targets_in(Bytes message, std::size_t most) {
    const SrvError unreadable{"the answer of the name server cannot be read"};
    ns_msg parsed{};
    if (ns_initparse(as_unsigned(message.data()), static_cast<int>(message.size()), &parsed) != 0) {
        return unreadable;
    }
    std::vector<SrvTarget> targets;
    for (int i = 0; i < ns_msg_count(parsed, ns_s_an); ++i) {
        ns_rr record{};
        if (ns_parserr(&parsed, ns_s_an, i, &record) != 0) return unreadable;
        if (ns_rr_type(record) != ns_t_srv) continue;
        constexpr int kNumbers = 6;  // priority, weight, port
        if (ns_rr_rdlen(record) <= kNumbers) return unreadable;
        const unsigned char* data = ns_rr_rdata(record);
        std::array<char, NS_MAXDNAME> host{};
        if (ns_name_uncompress(ns_msg_base(parsed), ns_msg_end(parsed), data + kNumbers,
                               host.data(), host.size()) < 0) {
            return unreadable;
        }
        SrvTarget target{.host = host.data(),
                         .port = static_cast<std::uint16_t>(ns_get16(data + 4)),
                         .priority = static_cast<std::uint16_t>(ns_get16(data))};
        if (target.host.empty() || target.host == "." || target.port == 0) continue;
        if (std::ranges::find(targets, target) == targets.end()) targets.push_back(target);
    }
    if (targets.empty()) return SrvError{"it has no SRV records"};
    std::ranges::stable_sort(targets, {}, &SrvTarget::priority);
    if (targets.size() > most) targets.resize(most);
    return targets;
}

SrvAnswer ask_for_service(const std::string& service, std::size_t most,
                          const std::optional<Endpoint>& server) {
    Asker asker{server};
    std::vector<std::byte> answer(kLargestMessage);
    const int size = asker.ask(service, answer);
    if (size < 0) return SrvError{asker.error()};
    return targets_in(Bytes{answer}.first(std::min(static_cast<std::size_t>(size), answer.size())),
                      most);
}

}  // namespace rollcall::transport
