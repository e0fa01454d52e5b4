// SPDX-License-Identifier: Apache-2.0
#include "membership/profile_pool.h"

#include <algorithm>
#include <limits>
#include <new>

#include "base/check.h"

namespace rollcall::membership {

Profile::Profile(const Announcement& content)
    : name_hash_{hash_of_name(content.name)},
      name_size_{static_cast<std::uint16_t>(content.name.size())},
      meta_size_{static_cast<std::uint16_t>(content.meta.size())},
      port_{content.port},
      versions_{content.versions},
      address_size_{static_cast<std::uint8_t>(content.address.bytes().size())} {
    char* to = const_cast<char*>(bytes());
    to = std::ranges::copy(as_text(content.address.bytes()), to).out;
    to = std::ranges::copy(content.name, to).out;
    std::ranges::copy(content.meta, to);
}

bool Profile::matches(const Announcement& content) const {
    return port_ == content.port && versions_ == content.versions && name() == content.name &&
           meta() == content.meta &&
           std::string_view{bytes(), address_size_} == as_text(content.address.bytes());
}

ProfilePool::~ProfilePool() {
    for (Profile* profile : profiles_) {
        if (profile != nullptr) destroy(profile);
    }
}

ProfileId ProfilePool::take(const Announcement& content) {
    constexpr std::size_t kLongest = std::numeric_limits<std::uint16_t>::max();
    ROLLCALL_CHECK(content.name.size() <= kLongest && content.meta.size() <= kLongest);
    const auto known = index_.find(hash_of_name(content.name), [&](std::uint32_t slot) {
        return profiles_[slot]->matches(content);
    });
    if (known) {
        ++profiles_[*known]->users_;
        return ProfileId{*known};
    }
    std::uint32_t slot = 0;
    if (free_.empty()) {
        slot = static_cast<std::uint32_t>(profiles_.size());
        profiles_.push_back(nullptr);
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    void* const room = ::operator new(sizeof(Profile) + content.address.bytes().size() +
                                      content.name.size() + content.meta.size());
    profiles_[slot] = new (room) Profile{content};
    bytes_ += profiles_[slot]->size();
    index_.insert(profiles_[slot]->name_hash(), slot, hash_of_slot());
    return ProfileId{slot};
}

void ProfilePool::give_back(ProfileId id) {
    Profile* const profile = profiles_[id.value()];
    ROLLCALL_CHECK(profile != nullptr && profile->users_ > 0);
    if (--profile->users_ > 0) return;
    index_.erase(profile->name_hash(), id.value(), hash_of_slot());
    profiles_[id.value()] = nullptr;
    free_.push_back(id.value());
    destroy(profile);
}

void ProfilePool::destroy(Profile* profile) {
    bytes_ -= profile->size();
    ::operator delete(profile);
}

std::size_t ProfilePool::memory() const {
    return bytes_ + profiles_.capacity() * sizeof(void*) + free_.capacity() * sizeof(free_[0]) +
           index_.memory();
}

}  // namespace rollcall::membership
