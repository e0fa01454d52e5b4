// SPDX-License-Identifier: Apache-2.0
//
// What members say of themselves, each content once. A profile never changes: who says something
// new gets another one. Profiles count their users and go with the last one, so a pool is bounded
// by the tables that use it. The nodes of one simulation share a pool; a node of its own has one of
// its own. One thread: nothing here is locked, and the counts are plain.
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

// Borrowed: what a profile is made from.
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
    [[nodiscard]] WireAddress address() const {
        return *WireAddress::from_bytes(as_bytes(std::string_view{bytes(), address_size_}));
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] const wire::Versions& versions() const { return versions_; }
    [[nodiscard]] std::uint32_t name_hash() const { return name_hash_; }
    [[nodiscard]] bool says(const Announcement& content) const;

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

// Half a pointer. Valid while its holder is counted as a user.
struct ProfileId : Strong<struct ProfileIdTag, std::uint32_t> {
    using Strong::Strong;
};

class ProfilePool {
public:
    ProfilePool() = default;
    ~ProfilePool();
    ProfilePool(const ProfilePool&) = delete;
    ProfilePool& operator=(const ProfilePool&) = delete;

    // The profile with that content, with one user more.
    [[nodiscard]] ProfileId take(const Announcement& content);
    void give_back(ProfileId id);
    [[nodiscard]] const Profile& operator[](ProfileId id) const { return *profiles_[id.value()]; }

    // Contents, and the bytes held for them, without what the allocator adds.
    [[nodiscard]] std::size_t size() const { return index_.size(); }
    [[nodiscard]] std::size_t memory() const;

private:
    // By name alone: few contents under one name live at the same time.
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
