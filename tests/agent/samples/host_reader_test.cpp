// SPDX-License-Identifier: Apache-2.0
#include "agent/samples/host_reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "agent/samples/fake_host.h"

namespace rollcall::agent {
namespace {

using rollcall::tests::TestFolder;
using tests::CgroupVersion;
using tests::write_host;

TEST(HostReader, AHostWithEverything) {
    const TestFolder root;
    write_host(root, CgroupVersion::two);
    const Sample sample = HostReader{root.path() + '/'}.read();
    ASSERT_TRUE(sample.cpu && sample.memory && sample.load && sample.network && sample.disks &&
                sample.uptime_seconds && sample.cgroup);
    EXPECT_EQ(sample.cpu->cores, 1u);
    EXPECT_EQ(sample.memory->available, 400u * 1024);
    EXPECT_DOUBLE_EQ(sample.pressure.io.value_or(Stall{}).some.value_or(-1), 0.125);
    EXPECT_EQ(sample.network->sent.packets, 20u);
    EXPECT_EQ(sample.disks->written_bytes, 8u * 512);
    EXPECT_DOUBLE_EQ(*sample.uptime_seconds, 3600.5);
    const Cgroup& cgroup = *sample.cgroup;
    EXPECT_EQ(cgroup.version, 2u);
    EXPECT_DOUBLE_EQ(cgroup.cpu_seconds.value_or(-1), 2.5);
    EXPECT_DOUBLE_EQ(cgroup.cpu_limit.value_or(-1), 0.5);
    EXPECT_EQ(cgroup.memory, 4096u);
    EXPECT_EQ(cgroup.memory_limit, 8192u);
    EXPECT_DOUBLE_EQ(cgroup.pressure.cpu.value_or(Stall{}).some.value_or(-1), 0.25);
}

TEST(HostReader, CgroupsOfVersionOne) {
    const TestFolder root;
    write_host(root, CgroupVersion::one);
    const Sample sample = HostReader{root.path()}.read();
    ASSERT_TRUE(sample.cgroup);
    const Cgroup& cgroup = *sample.cgroup;
    EXPECT_EQ(cgroup.version, 1u);
    EXPECT_DOUBLE_EQ(cgroup.cpu_seconds.value_or(-1), 2.5);
    ASSERT_TRUE(cgroup.throttling);
    EXPECT_DOUBLE_EQ(cgroup.throttling->seconds, 1.5);
    EXPECT_FALSE(cgroup.cpu_limit);
    EXPECT_EQ(cgroup.memory, 4096u);
    EXPECT_FALSE(cgroup.memory_limit);
    EXPECT_FALSE(cgroup.pressure.cpu);
}

TEST(HostReader, AKernelWithoutPressureAndAContainerWithoutSys) {
    const TestFolder root;
    write_host(root, CgroupVersion::two);
    std::filesystem::remove_all(root / "proc/pressure");
    std::filesystem::remove_all(root / "sys");
    const Sample sample = HostReader{root.path()}.read();
    EXPECT_TRUE(sample.cpu && sample.memory);
    EXPECT_FALSE(sample.pressure.cpu || sample.pressure.memory || sample.pressure.io);
    EXPECT_FALSE(sample.cgroup);
}

TEST(HostReader, AnEmptyHostHasAnEmptySample) {
    const TestFolder root;
    const Sample sample = HostReader{root.path()}.read();
    EXPECT_FALSE(sample.cpu || sample.memory || sample.load || sample.network || sample.disks ||
                 sample.uptime_seconds || sample.cgroup);
}

// A pipe without a writer would never be read to its end.
TEST(HostReader, APipeInPlaceOfAFileDoesNotHang) {
    const TestFolder root;
    write_host(root, CgroupVersion::none);
    std::filesystem::remove(root / "proc/meminfo");
    ASSERT_EQ(::mkfifo((root / "proc/meminfo").c_str(), 0600), 0);
    const Sample sample = HostReader{root.path()}.read();
    EXPECT_FALSE(sample.memory);
    EXPECT_TRUE(sample.cpu);
}

TEST(HostReader, ThisHost) {
    const Sample sample = HostReader{""}.read();
    ASSERT_TRUE(sample.cpu && sample.memory && sample.load && sample.uptime_seconds);
    EXPECT_GE(sample.cpu->cores, 1u);
    EXPECT_GT(sample.memory->total, sample.memory->available / 2);
}

TEST(CpuShares, AreOfTheTimeBetween) {
    const CpuTimes before{.user = 10, .system = 5, .iowait = 1, .steal = 0, .idle = 84};
    const CpuTimes after{.user = 12, .system = 6, .iowait = 2, .steal = 1, .idle = 89};
    const auto share = share_between(before, after);
    ASSERT_TRUE(share);
    EXPECT_DOUBLE_EQ(share->busy, 0.4);
    EXPECT_DOUBLE_EQ(share->user, 0.2);
    EXPECT_DOUBLE_EQ(share->system, 0.1);
    EXPECT_DOUBLE_EQ(share->iowait, 0.1);
    EXPECT_DOUBLE_EQ(share->steal, 0.1);
}

TEST(CpuShares, ACounterThatWentBackCountsAsNothing) {
    const CpuTimes before{.user = 10, .iowait = 5, .idle = 10};
    const CpuTimes after{.user = 11, .iowait = 4, .idle = 11};
    EXPECT_DOUBLE_EQ(share_between(before, after).value_or(CpuShare{}).busy, 0.5);
    EXPECT_FALSE(share_between(after, after));
}

}  // namespace
}  // namespace rollcall::agent
