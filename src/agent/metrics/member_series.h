// SPDX-License-Identifier: Apache-2.0
//
// The series of single members (--metrics-per-member), written in slices, so that ten thousand of
// them do not hold up the loop. Written without the library's families, which cost several
// allocations per series; the format is the same. Bounded: members beyond kMost are left out, and
// so are names that Prometheus would not take (invalid UTF-8) or could confuse with others. The
// loop's thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "agent/journal/sightings.h"
#include "base/time.h"
#include "serf/serf.h"

namespace rollcall::agent {

class MemberSeries {
public:
    static constexpr std::size_t kMost = 10'000;  // members
    // A slice looks at no more members than this, and ends after so many bytes.
    static constexpr std::size_t kMembersPerSlice = 400;
    static constexpr std::size_t kSliceBytes = std::size_t{16} << 10u;

    MemberSeries(Time now, const serf::Serf& core, const Sightings& sightings);

    // The next lines; nullopt at the end. A member that is gone by then is left out.
    [[nodiscard]] std::optional<std::string> next();

private:
    void add_line(const std::string& member, std::string& text) const;
    [[nodiscard]] std::optional<double> value_of(const std::string& member) const;

    Time now_;
    const serf::Serf& core_;
    const Sightings& sightings_;
    std::vector<std::string> names_;  // "": omitted
    std::size_t omitted_ = 0;
    std::size_t family_ = 0;
    std::size_t member_ = 0;
};

}  // namespace rollcall::agent
