// SPDX-License-Identifier: Apache-2.0
//
// The series of single members (--metrics-per-member), written in slices, so that ten thousand of
// them do not hold up the loop. The place in the list is a name, so members may come and go between
// two slices. Written without the library's families, which cost several allocations per series;
// the format is the same. Bounded: members beyond kMost are left out, and so are names that
// Prometheus would not take (invalid UTF-8) or could confuse with others. The loop's thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "agent/journal/member_names.h"
#include "agent/journal/sightings.h"
#include "base/time.h"
#include "serf/serf.h"

namespace rollcall::agent {

class MemberSeries {
public:
    static constexpr std::size_t kMost = 10'000;  // members

    MemberSeries(Time now, const serf::Serf& core, const Sightings& sightings,
                 const MemberNames& names);

    // The next lines, about http::kSlice bytes in at most http::kStep; nullopt at the end.
    [[nodiscard]] std::optional<std::string> next();

private:
    [[nodiscard]] const std::string* next_member() const;
    void add_member(const std::string& member, std::string& text);
    void end_family();
    void add_line(const std::string& member, std::string& text) const;
    [[nodiscard]] std::optional<double> value_of(const std::string& member) const;

    Time now_;
    const serf::Serf& core_;
    const Sightings& sightings_;
    const MemberNames& names_;
    std::size_t omitted_ = 0;
    std::size_t family_ = 0;
    std::string looked_at_;   // the last member
    std::size_t looked_ = 0;  // members of this family
};

}  // namespace rollcall::agent
