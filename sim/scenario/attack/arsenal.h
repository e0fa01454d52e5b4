// SPDX-License-Identifier: Apache-2.0
//
// What an adversary sends for each kind of attack: valid messages that lie. It reads the true
// incarnations and clocks of the cluster, as the strongest adversary might. Every message is one
// that a receiver could accept; what no codec accepts is the business of the fuzz targets. Sends
// nothing itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/endpoint.h"
#include "base/rng.h"
#include "sim/scenario/judge/observer.h"
#include "sim/scenario/language/scenario.h"
#include "wire/stream.h"

namespace rollcall::sim {

using Message = std::vector<std::byte>;  // with its type byte

// One packet, or one exchange by stream.
struct Shot {
    Endpoint to;
    std::optional<Endpoint> stated;  // its source address; unset: the adversary's own
    std::vector<Message> messages;   // of a stream: one
    bool stream = false;
};

class Arsenal {
public:
    // Borrowed. `forged` is called for each claim that kills or moves a true member.
    Arsenal(const ClusterView& view, Rng& rng, std::string name, const Endpoint& place,
            std::function<void(const Forgery&)> forged)
        : view_{view},
          rng_{rng},
          name_{std::move(name)},
          place_{place},
          forged_{std::move(forged)} {}

    // nullopt: no node runs to receive it, or it is a replay, which needs records.
    [[nodiscard]] std::optional<Shot> make(const action::Attack& attack);
    // A claim that the adversary itself is a member.
    [[nodiscard]] Message own_claim(std::uint32_t receiver) const;
    // A whole state: true members with wrong states. nullopt: no node runs.
    [[nodiscard]] std::optional<Message> wrong_states();
    // The adversary alone.
    [[nodiscard]] std::optional<Message> own_state();

private:
    struct Subject {
        std::uint32_t node = 0;  // 0: none of the cluster
        std::string name;
        WireAddress address;
        std::uint16_t port = 0;
        Incarnation incarnation;  // the highest that the receiver or the member itself knows
        std::string meta;
    };
    enum class Accuse : std::uint8_t { suspect, dead, leave };

    [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return rng_.below(bound); }
    [[nodiscard]] std::uint32_t running_of(const Nodes& who);
    [[nodiscard]] std::uint32_t any_running();
    [[nodiscard]] Subject subject(std::uint32_t node, std::uint32_t receiver) const;
    [[nodiscard]] std::string invented_name();
    [[nodiscard]] WireAddress invented_address();
    [[nodiscard]] std::string another(std::uint32_t than);
    [[nodiscard]] std::uint32_t small_or_large_step();

    [[nodiscard]] Message accusation(const Subject& about, Accuse how);
    [[nodiscard]] Message claim(const Subject& about, std::uint32_t receiver) const;
    [[nodiscard]] Message invented_claim(std::uint32_t receiver);
    [[nodiscard]] Message prune(const Subject& about, std::uint32_t receiver);
    [[nodiscard]] Message higher_claim(Subject about, std::uint32_t receiver);
    [[nodiscard]] Message walking_claim(Subject about, std::uint32_t receiver);
    [[nodiscard]] Message walking_time(std::uint32_t receiver);
    [[nodiscard]] Message ping(std::uint32_t receiver);
    [[nodiscard]] Message relay();
    [[nodiscard]] Message own_state(std::uint32_t receiver, bool join) const;
    [[nodiscard]] Message ghosts(std::uint32_t receiver);
    [[nodiscard]] Message wrong_states(std::uint32_t receiver);

    void forge(const action::Attack& attack, Shot& shot, std::uint32_t receiver);
    void send_to(const action::Attack& attack, Shot& shot, std::uint32_t receiver);

    const ClusterView& view_;
    Rng& rng_;
    std::string name_;
    Endpoint place_;
    std::function<void(const Forgery&)> forged_;
    std::uint64_t invented_ = 0;
};

}  // namespace rollcall::sim
