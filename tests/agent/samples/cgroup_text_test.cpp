// SPDX-License-Identifier: Apache-2.0
//
// Cgroups of both versions: hosts, containers with and without a namespace, and broken text.
#include "agent/samples/cgroup_text.h"

#include <gtest/gtest.h>

#include <string>

namespace rollcall::agent {
namespace {

// A host with version 2 alone; the agent is a service of systemd.
constexpr std::string_view kUnifiedMounts =
    "23 28 0:21 / /proc rw,nosuid - proc proc rw\n"
    "29 22 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 "
    "rw,nsdelegate,memory_recursiveprot\n";

// Version 1, with a mount of version 2 that has no controller.
constexpr std::string_view kHybridMounts =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
constexpr std::string_view kHybridOwn =
    "9:name=systemd:/\n4:memory:/agents/one\n3:cpuset:/\n2:cpu,cpuacct:/agents/one\n0::/\n";

TEST(CgroupText, AServiceOfVersionTwo) {
    const auto folders = find_cgroup("0::/system.slice/rollcall.service\n", kUnifiedMounts);
    EXPECT_EQ(folders.version, 2u);
    EXPECT_EQ(folders.cpu, "/sys/fs/cgroup/system.slice/rollcall.service");
    EXPECT_EQ(folders.memory, folders.cpu);
}

TEST(CgroupText, TheRootOfVersionTwo) {
    EXPECT_EQ(find_cgroup("0::/\n", kUnifiedMounts).cpu, "/sys/fs/cgroup");
}

TEST(CgroupText, VersionOneHasAFolderForEachController) {
    const auto folders = find_cgroup(kHybridOwn, kHybridMounts);
    EXPECT_EQ(folders.version, 1u);
    EXPECT_EQ(folders.cpu, "/sys/fs/cgroup/cpu,cpuacct/agents/one");
    EXPECT_EQ(folders.cpu_usage, "/sys/fs/cgroup/cpu,cpuacct/agents/one");
    EXPECT_EQ(folders.memory, "/sys/fs/cgroup/memory/agents/one");
}

// Docker without a namespace: the mount begins at the container's cgroup.
TEST(CgroupText, AContainerSeesItsPartOfTheHierarchyOnly) {
    constexpr std::string_view own = "4:memory:/docker/abc\n";
    const auto whole = find_cgroup(
        own, "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
    EXPECT_EQ(whole.memory, "/sys/fs/cgroup/memory");
    const auto below =
        find_cgroup("4:memory:/docker/abc/inner\n",
                    "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
    EXPECT_EQ(below.memory, "/sys/fs/cgroup/memory/inner");
    const auto other =
        find_cgroup("4:memory:/\n",
                    "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
    EXPECT_EQ(other.memory, "/sys/fs/cgroup/memory");
    EXPECT_TRUE(whole.cpu.empty());
}

TEST(CgroupText, APathAboveTheNamespaceCannotBeSeen) {
    EXPECT_FALSE(find_cgroup("0::/../other\n", kUnifiedMounts).any());
    EXPECT_FALSE(find_cgroup("0::/a/../../etc\n", kUnifiedMounts).any());
}

TEST(CgroupText, WithoutSysThereIsNone) {
    EXPECT_FALSE(find_cgroup("0::/\n", "23 28 0:21 / /proc rw - proc proc rw\n").any());
    EXPECT_FALSE(find_cgroup("", kUnifiedMounts).any());
    EXPECT_FALSE(find_cgroup("", "").any());
}

TEST(CgroupText, AMountPointMayHaveASpace) {
    const auto folders =
        find_cgroup("0::/a\n", "1 2 0:3 / /my\\040cgroups rw - cgroup2 cgroup2 rw\n");
    EXPECT_EQ(folders.cpu, "/my cgroups/a");
}

TEST(CgroupText, BrokenTextIsNoCgroup) {
    for (const char* own : {":", "::", "0:", "0::", "0::relative", "1:memory", "\n\n"}) {
        EXPECT_FALSE(find_cgroup(own, kUnifiedMounts).any()) << own;
        EXPECT_FALSE(find_cgroup(own, kHybridMounts).any()) << own;
    }
    for (const char* mounts : {"-", "1 2 3", "1 2 3 / - cgroup2", "1 2 3 / rel rw - cgroup2 c rw",
                               "1 2 3 / /x rw", "1 2 3 / /x\\9 rw - cgroup3 c rw"}) {
        EXPECT_FALSE(find_cgroup("0::/\n", mounts).any()) << mounts;
    }
    for (std::size_t size = 0; size < kHybridMounts.size(); ++size) {
        static_cast<void>(find_cgroup(kHybridOwn, kHybridMounts.substr(0, size)));
    }
}

TEST(CgroupText, AmountsAndLimits) {
    EXPECT_EQ(parse_amount("4096\n"), 4096u);
    EXPECT_FALSE(parse_amount("max\n"));
    EXPECT_FALSE(parse_amount("9223372036854771712\n"));  // "no limit" of version 1
    EXPECT_FALSE(parse_amount("-1\n"));
    EXPECT_FALSE(parse_amount(""));
    EXPECT_EQ(amount_of("a 1\nb 2\n", "b"), 2u);
    EXPECT_FALSE(amount_of("a 1\n", "b"));
    EXPECT_FALSE(amount_of("b x\n", "b"));
}

TEST(CgroupText, CpuLimitsAreInCores) {
    EXPECT_DOUBLE_EQ(parse_cpu_max("50000 100000\n").value_or(-1), 0.5);
    EXPECT_FALSE(parse_cpu_max("max 100000\n"));
    EXPECT_FALSE(parse_cpu_max("5 0\n"));
    EXPECT_FALSE(parse_cpu_max("5\n"));
    EXPECT_DOUBLE_EQ(parse_cpu_quota("250000\n", "100000\n").value_or(-1), 2.5);
    EXPECT_FALSE(parse_cpu_quota("-1\n", "100000\n"));
    EXPECT_FALSE(parse_cpu_quota("5\n", "0\n"));
}

TEST(CgroupText, ThrottlingOfBothVersions) {
    const auto two = parse_throttling(
        "usage_usec 2500000\nuser_usec 1\nsystem_usec 1\nnr_periods 10\nnr_throttled 3\n"
        "throttled_usec 1500000\n");
    ASSERT_TRUE(two);
    EXPECT_EQ(two->periods, 10u);
    EXPECT_EQ(two->throttled, 3u);
    EXPECT_DOUBLE_EQ(two->seconds, 1.5);
    const auto one = parse_throttling("nr_periods 10\nnr_throttled 3\nthrottled_time 2000000000\n");
    ASSERT_TRUE(one);
    EXPECT_DOUBLE_EQ(one->seconds, 2);
    EXPECT_FALSE(parse_throttling("usage_usec 5\n"));
    EXPECT_DOUBLE_EQ(parse_usage("usage_usec 2500000\n").value_or(-1), 2.5);
    EXPECT_FALSE(parse_usage("user_usec 1\n"));
}

}  // namespace
}  // namespace rollcall::agent
