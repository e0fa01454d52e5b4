// SPDX-License-Identifier: Apache-2.0
//
// What members announce about themselves, each content stored once. A profile is immutable: a
// member that announces something new gets another one. Profiles are reference-counted, so a pool
// is bounded by the tables that use it. The nodes of one simulation share a pool; a single node has
// its own. One thread: nothing is locked, and the counts are not atomic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "membership/slot_index.h"
#include "wire/messages.h"

namespace rollcall::membership {

// The content of a profile, borrowed.
struct Announcement {
    std::string_view name;  // at most 65535 bytes, and so the metadata
    std::string_view meta;  // bytes, opaque; "" for none
    WireAddress address;    // byte for byte
    std::uint16_t port = 0;
    wire::Versions versions;
};

[[nodiscard]] inline std::uint32_t hash_of_name(std::string_view name) {
    const std::uint64_t hash = NameHash{}(name);
    return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

// One block of memory: these fields, and behind them the bytes of address, name and metadata.
class Profile {
public:
    Profile(const Profile&) = delete;
    Profile& operator=(const Profile&) = delete;

    [[nodiscard]] std::string_view name() const { return {bytes() + address_size_, name_size_}; }
    [[nodiscard]] std::string_view meta() const {
        return {bytes() + address_size_ + name_size_, meta_size_};
    }
    [[nodiscard]] Bytes address_bytes() const {
        return as_bytes(std::string_view{bytes(), address_size_});
    }
    [[nodiscard]] WireAddress address() const { return *WireAddress::from_bytes(address_bytes()); }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] const wire::Versions& versions() const { return versions_; }
    [[nodiscard]] std::uint32_t name_hash() const { return name_hash_; }
    [[nodiscard]] bool matches(const Announcement& content) const;

private:
    friend class ProfilePool;
    explicit Profile(const Announcement& content);
    [[nodiscard]] const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
    [[nodiscard]] std::size_t size() const {
        return sizeof(Profile) + address_size_ + name_size_ + meta_size_;
    }

    std::uint32_t users_ = 1;
    std::uint32_t name_hash_;
    std::uint16_t name_size_;
    std::uint16_t meta_size_;
    std::uint16_t port_;
    wire::Versions versions_;
    std::uint8_t address_size_;
};

// Half the size of a pointer. Valid while its owner is counted as a user.
struct ProfileId : Strong<struct ProfileIdTag, std::uint32_t> {
    using Strong::Strong;
};

class ProfilePool {
public:
    ProfilePool() = default;
    ~ProfilePool();
    ProfilePool(const ProfilePool&) = delete;
    ProfilePool& operator=(const ProfilePool&) = delete;

    // The profile with that content; adds a user.
    [[nodiscard]] ProfileId take(const Announcement& content);
    void give_back(ProfileId id);
    [[nodiscard]] const Profile& operator[](ProfileId id) const { return *profiles_[id.value()]; }

    // The number of profiles, and their bytes without the allocator's overhead.
    [[nodiscard]] std::size_t size() const { return index_.size(); }
    [[nodiscard]] std::size_t memory() const;

private:
    // By name only: few profiles with the same name exist at the same time.
    [[nodiscard]] auto hash_of_slot() const {
        return [this](std::uint32_t slot) { return profiles_[slot]->name_hash(); };
    }
    void destroy(Profile* profile);

    std::vector<Profile*> profiles_;  // owned; nullptr where free
    std::vector<std::uint32_t> free_;
    SlotIndex<28> index_;
    std::size_t bytes_ = 0;
};

}  // namespace rollcall::membership
