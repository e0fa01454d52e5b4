// SPDX-License-Identifier: Apache-2.0
//
// Answers the built-in query "sample" (docs/protocol.md, E8) with the last sample. The question
// says in how many slots the members should answer, so that the answers of a large cluster do not
// come all at once; a hash of our name decides in which one we do. Only members are answered; the
// answers that wait are bounded. Starts no read. The loop's thread.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/samples/sampler.h"
#include "base/bytes.h"
#include "base/time.h"
#include "serf/events.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

inline constexpr std::string_view kSampleQuery = "sample";  // without the prefix of rule E8

// "": at once, "slots N" else. nullopt: not a question of this version.
[[nodiscard]] std::optional<std::uint64_t> slots_of(Bytes question);

class SampleAnswers {
public:
    static constexpr Duration kSlot = std::chrono::milliseconds{50};
    static constexpr std::uint64_t kMostSlots = 200;
    static constexpr std::size_t kMostWaiting = 256;

    using Reply = std::function<void(const std::string& answer)>;
    struct Parts {
        uv_loop_t& loop;
        const Sampler& sampler;
        std::string name;      // ours
        std::size_t room = 0;  // bytes that an answer may have
    };
    struct Stats {
        std::uint64_t answered = 0;
        std::uint64_t strangers = 0;  // not answered: the asker is no member at its address
        std::uint64_t too_many = 0;   // not answered: too many answers wait for their slot
    };

    explicit SampleAnswers(Parts parts) : parts_{std::move(parts)} {}

    void begin() { timer_.init(*this, parts_.loop); }
    void close(const std::function<void()>& closed);

    void asked(const serf::BuiltInQueryReceived& query, Reply reply);
    [[nodiscard]] const Stats& stats() const { return stats_; }

private:
    void answer(const Reply& reply);
    void due();

    Parts parts_;
    transport::Timer<SampleAnswers> timer_;
    std::multimap<Time, Reply> waiting_;
    Stats stats_;
};

}  // namespace rollcall::agent
