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
        {.name = "half lan", .config = membership::Config::lan(), .one_in = 2},
        {.name = "a tenth fast", .config = membership::Config::fast(), .one_in = 10},
        {.name = "a quarter fast", .config = membership::Config::fast(), .one_in = 4},
        {.name = "half fast", .config = membership::Config::fast(), .one_in = 2}};
    return all;
}

}  // namespace rollcall::sim::papers
