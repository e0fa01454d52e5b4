// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/fast/profiles.h"

#include "sim/papers/swim/published.h"

namespace rollcall::sim::papers {

const std::vector<ComparedProfile>& usual_profiles() {
    static const std::vector<ComparedProfile> all = {
        {.name = kPublishedLan, .config = as_published(membership::Config::lan())},
        {.name = "lan", .config = membership::Config::lan()},
        {.name = "fast", .config = membership::Config::fast()}};
    return all;
}

const std::vector<ComparedProfile>& distant_profiles() {
    static const std::vector<ComparedProfile> all = [] {
        std::vector<ComparedProfile> list = usual_profiles();
        list.push_back({.name = "fast-wan", .config = membership::Config::fast_wan()});
        return list;
    }();
    return all;
}

const std::vector<ComparedProfile>& mixed_profiles() {
    static const std::vector<ComparedProfile> all = {
        {.name = kPublishedLan, .config = as_published(membership::Config::lan())},
        {.name = "half lan", .config = membership::Config::lan(), .half = true},
        {.name = "half fast", .config = membership::Config::fast(), .half = true}};
    return all;
}

}  // namespace rollcall::sim::papers
