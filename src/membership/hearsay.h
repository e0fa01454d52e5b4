// SPDX-License-Identifier: Apache-2.0
//
// Rule S9: which members we know by hearsay only, from whom, and whether they are so many and so
// silent that they were probably invented. A *stranger* is a member that others reported and that
// never answered a ping of ours. Counts and remembers; decides nothing about a member. One byte for
// each member. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/kept_claim.h"

namespace rollcall::membership {

class Hearsay {
public:
    static constexpr std::size_t kMany = 256;            // strangers that are looked at in any case
    static constexpr std::size_t kSome = 16;             // likewise, once one was found silent
    static constexpr std::size_t kLeastQuota = 1024;     // strangers of one source
    static constexpr unsigned kOutcomes = 32;            // remembered
    static constexpr std::size_t kMostRefuted = 131072;  // names that did not answer
    static constexpr std::size_t kMostToAsk = 1024;      // reports
    static constexpr Duration kRefutedFor = std::chrono::seconds{150};  // at least, twice at most

    explicit Hearsay(std::uint64_t salt) : salt_{salt} {}

    // --- who is a stranger ---------------------------------------------------------------------
    // How a new member became known. `introduced`: it announced itself from its own address.
    struct Source {
        Endpoint from;
        bool introduced = false;
        bool asked_for = false;  // the answer to our own join while we knew no member
    };
    // One source may report so many strangers: an eighth of the table.
    [[nodiscard]] bool may_report(const Source& source, std::size_t max_members) const {
        if (source.asked_for) return true;
        const std::uint8_t bucket = bucket_of(source.from);
        return counts_[bucket] + counts_[bucket | kIntroduced] <
               std::max(kLeastQuota, max_members / 8);
    }
    void reported(MemberId member, const Source& source) {
        set(member, source.asked_for
                        ? kAskedFor
                        : static_cast<std::uint8_t>(bucket_of(source.from) |
                                                    (source.introduced ? kIntroduced : 0u)));
    }
    // It announced itself from its own address, which may be forged.
    void introduced(MemberId member) {
        const std::uint8_t mark = mark_of(member);
        if (mark != 0) set(member, mark | kIntroduced);
    }
    // It answered a ping: no stranger any more.
    void answered(MemberId member) {
        if (mark_of(member) != 0) set(member, 0);
    }
    void forget(MemberId member) { answered(member); }

    [[nodiscard]] bool is_stranger(MemberId member) const { return mark_of(member) != 0; }
    [[nodiscard]] bool has_introduced_itself(MemberId member) const {
        return (mark_of(member) & kIntroduced) != 0;
    }
    [[nodiscard]] std::size_t strangers() const { return strangers_; }
    // The source whose strangers give way first: the one that reported the most, and did not let
    // them speak for themselves. 0: none.
    [[nodiscard]] std::uint8_t most_reported() const {
        const auto end = counts_.begin() + kIntroduced;
        const auto most = std::max_element(counts_.begin() + 1, end);
        return *most == 0 ? 0 : static_cast<std::uint8_t>(most - counts_.begin());
    }
    [[nodiscard]] bool was_reported_by(MemberId member, std::uint8_t bucket) const {
        return mark_of(member) == bucket;
    }
    [[nodiscard]] std::uint8_t bucket_of(const Endpoint& from) const {
        std::uint64_t high = 0, low = 0;
        std::memcpy(&high, from.ip.data(), 8);
        std::memcpy(&low, from.ip.data() + 8, 8);
        return static_cast<std::uint8_t>(1 + mixed(mixed(high ^ salt_) ^ low) % (kAskedFor - 1));
    }

    // --- whether they were invented --------------------------------------------------------------
    // More strangers than ordinary probes can look at soon.
    [[nodiscard]] bool many(std::size_t members, std::size_t max_members) const {
        if (strangers_ == 0) return false;
        if (flooded_) return true;  // once begun, to the last one
        const std::size_t unasked = strangers_ - counts_[kAskedFor] - counts_[kAskedForIntroduced];
        return (one_silent_ && unasked > kSome && 2 * unasked > members) ||
               too_many(members, max_members);
    }
    // Call it before the following ones.
    void measure(std::size_t members, std::size_t max_members) {
        set_flood(flooded_, too_many(members, max_members));
    }
    // An ordinary probe of a member failed.
    void probe_failed(MemberId member) { one_silent_ = one_silent_ || is_stranger(member); }
    // A stranger was pinged, with this result.
    void looked_at(bool silent) {
        outcomes_ = outcomes_ << 1u | (silent ? 1u : 0u);
        looked_at_ = std::min(looked_at_ + 1, kOutcomes);
        if (looked_at_ < kOutcomes) return;
        const int silent_ones = std::popcount(outcomes_);
        // Half of them may be honest ones that the same source reported.
        if (silent_ones >= static_cast<int>(kOutcomes / 2) && controls_answer())
            set_flood(true, severe_);
        if (silent_ones < static_cast<int>(kOutcomes / 4)) set_flood(false, severe_);
    }
    // So was a control, that is a member that answered before: where those are silent too, silence
    // is that of the network.
    void control_looked_at(bool silent) { ++(silent ? controls_silent_ : controls_answered_); }
    [[nodiscard]] bool all_looked_at() const { return looked_at_ == kOutcomes; }
    void next_sample() {
        looked_at_ = 0, outcomes_ = 0;
        controls_silent_ = controls_answered_ = 0;
        if (!flooded_) one_silent_ = false;
    }
    // There are few again.
    void calm() {
        set_flood(false, false);
        next_sample();
    }
    // Most strangers are silent: those that did not announce themselves are asked for nothing and
    // sent nothing, but for the pings that look at them.
    [[nodiscard]] bool is_doubtful(MemberId member) const {
        return flooded_ && is_stranger(member) && !has_introduced_itself(member);
    }
    // How many of the members that is, at most.
    [[nodiscard]] std::size_t doubtful() const { return flooded_ ? strangers_ : 0; }
    // They are so many that they cannot stay until they are suspected and declared dead: nothing
    // about them is passed on, and those that are silent are forgotten at once.
    [[nodiscard]] bool overrun() const { return flooded_ && severe_; }
    [[nodiscard]] bool is_swept(MemberId member) const { return severe_ && is_doubtful(member); }
    // How often the two above changed: what was made before has other strangers.
    [[nodiscard]] std::uint64_t flood_changes() const { return flood_changes_; }

    // --- who did not answer ----------------------------------------------------------------------
    // A name at an address that did not answer is not believed again from others, as long as
    // they go on to report it.
    void refuted(Time now, std::string_view name, const Endpoint& at) {
        turn(now);
        if (refuted_.size() < kMostRefuted) refuted_.insert(hash(name, at));
    }
    // It answered after all.
    void believe_again(std::string_view name, const Endpoint& at) {
        const std::uint64_t known = hash(name, at);
        refuted_.erase(known);
        refuted_before_.erase(known);
    }
    [[nodiscard]] bool is_refuted(Time now, std::string_view name, const Endpoint& at) {
        if (!remembers_silent_ones()) return false;
        turn(now);
        const std::uint64_t known = hash(name, at);
        if (!refuted_.contains(known)) {
            if (!refuted_before_.contains(known)) return false;
            if (refuted_.size() < kMostRefuted) refuted_.insert(known);
        }
        return true;
    }
    [[nodiscard]] bool remembers_silent_ones() const {
        return !refuted_.empty() || !refuted_before_.empty();
    }

    // --- names that are asked before they are believed -------------------------------------------
    // A random part of those that others report: silent ones, which may only have been silent for a
    // moment, and all while the table is full.
    void ask_first(const KeptClaim& report) {
        ++times_reported_;
        if (to_ask_.size() < kMostToAsk) {
            to_ask_.push_back(report);
        } else {
            to_ask_[mixed(salt_ ^ times_reported_) % kMostToAsk] = report;
        }
    }
    [[nodiscard]] bool anything_to_ask() const { return !to_ask_.empty(); }
    [[nodiscard]] std::optional<KeptClaim> pop_to_ask() {
        if (to_ask_.empty()) return {};
        KeptClaim last = std::move(to_ask_.back());
        to_ask_.pop_back();
        return last;
    }

private:
    // A mark: 0 no stranger, 1 to 126 a source, 127 asked for; 128 more: introduced itself.
    static constexpr std::uint8_t kAskedFor = 127;
    static constexpr std::uint8_t kIntroduced = 128;
    static constexpr std::uint8_t kAskedForIntroduced = kAskedFor | kIntroduced;

    [[nodiscard]] static constexpr std::uint64_t mixed(std::uint64_t x) {
        x = (x ^ (x >> 30u)) * 0xbf58476d1ce4e5b9u;
        x = (x ^ (x >> 27u)) * 0x94d049bb133111ebu;
        return x ^ (x >> 31u);
    }
    [[nodiscard]] std::uint8_t mark_of(MemberId member) const {
        return member.slot() < marks_.size() ? marks_[member.slot()] : 0;
    }
    void set(MemberId member, unsigned mark) {
        if (member.slot() >= marks_.size()) marks_.resize(member.slot() + 1);
        std::uint8_t& held = marks_[member.slot()];
        if (held != 0) --strangers_, --counts_[held];
        held = static_cast<std::uint8_t>(mark);
        if (held != 0) ++strangers_, ++counts_[held];
    }
    // Few strangers are only judged with controls; beside many there may be no other member.
    [[nodiscard]] bool controls_answer() const {
        constexpr unsigned kEnough = 4;
        const unsigned least = strangers_ > kMany ? 0 : kEnough;
        return controls_answered_ >= std::max(least, 3 * controls_silent_);
    }
    [[nodiscard]] bool too_many(std::size_t members, std::size_t max_members) const {
        // Peers may report some more that come late.
        return remembers_silent_ones() || (strangers_ > kMany && 2 * strangers_ > members) ||
               (strangers_ >= kOutcomes && members > max_members / 2);
    }
    void set_flood(bool flooded, bool severe) {
        if (flooded_ != flooded || severe_ != severe) ++flood_changes_;
        flooded_ = flooded, severe_ = severe;
    }
    [[nodiscard]] std::uint64_t hash(std::string_view name, const Endpoint& at) const {
        return mixed(NameHash{}(name) ^ salt_) ^ EndpointHash {}(at);
    }
    void turn(Time now) {
        if (now < turned_ + kRefutedFor) return;
        refuted_before_.clear();
        if (now < turned_ + 2 * kRefutedFor) refuted_before_.swap(refuted_);
        refuted_.clear();
        turned_ = now;
    }

    std::uint64_t salt_;               // so that nobody can share the bucket of another on purpose
    std::vector<std::uint8_t> marks_;  // by slot
    std::array<std::size_t, 256> counts_{};
    std::size_t strangers_ = 0;
    std::uint32_t outcomes_ = 0;  // the newest is bit 0; 1: silent
    unsigned looked_at_ = 0;
    unsigned controls_silent_ = 0, controls_answered_ = 0;
    bool one_silent_ = false;
    bool flooded_ = false, severe_ = false;
    std::uint64_t flood_changes_ = 0;
    std::unordered_set<std::uint64_t> refuted_, refuted_before_;
    Time turned_{};
    std::vector<KeptClaim> to_ask_;
    std::uint64_t times_reported_ = 0;
};

}  // namespace rollcall::membership
