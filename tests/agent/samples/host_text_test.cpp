// SPDX-License-Identifier: Apache-2.0
//
// Files of real hosts, of old kernels, and text that is none of them.
#include "agent/samples/host_text.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace rollcall::agent {
namespace {

constexpr double kTicks = 100;

// Linux 6.1 on two cores; the line of interrupts is cut.
constexpr std::string_view kStat =
    "cpu  6149222 1454072 647142 2222768 6548 0 103880 3866 0 0\n"
    "cpu0 3036476 729983 320822 1151137 2015 0 50990 1982 0 0\n"
    "cpu1 3112745 724088 326319 1071630 4533 0 52889 1884 0 0\n"
    "intr 77127239 0 0 0\n"
    "ctxt 185599917\nbtime 1796053259\nprocesses 793319\nprocs_running 10\nprocs_blocked 0\n"
    "softirq 1188467592 0 2921881\n";

constexpr std::string_view kMemory =
    "MemTotal:       24684092 kB\nMemFree:         6682844 kB\nMemAvailable:   11797708 kB\n"
    "Buffers:           19128 kB\nCached:          4872560 kB\nSwapCached:            0 kB\n"
    "SwapTotal:       2097148 kB\nSwapFree:        1048574 kB\nHugePages_Total:       0\n";

constexpr std::string_view kNetwork =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop "
    "fifo colls carrier compressed\n"
    "    lo: 120600270266 1124105023    0    0    0     0          0         0 120600270266 "
    "1124105023    0    0    0     0       0          0\n"
    "  eth0: 1527226318   50107    1    2    0     0          0         0  3149677   38706    3    "
    "4    0     0       0          0\n"
    "wlan0:100 10 0 0 0 0 0 0 200 20 0 1 0 0 0 0\n";

constexpr std::string_view kDisks =
    "   7       0 loop0 2171 1 76660 1047 1623 832 94954 4513 0 4492 8750 0 0 0 0 1016 3189\n"
    " 253       0 zram0 5 0 5 0 5 0 5 0 0 5 0 0 0 0 0 0 0\n"
    "   8       0 sda 100 0 2000 10 50 0 1000 20 0 1500 30\n"
    "   8       1 sda1 90 0 1900 9 50 0 1000 20 0 1400 29\n"
    " 259       0 nvme0n1 10 0 8 1 10 0 16 1 0 500 2 0 0 0 0 0 0\n"
    " 259       1 nvme0n1p1 10 0 8 1 10 0 16 1 0 500 2 0 0 0 0 0 0\n"
    " 259       2 nvme0c1n1 10 0 8 1 10 0 16 1 0 500 2 0 0 0 0 0 0\n"
    " 254       0 dm-0 10 0 8 1 10 0 16 1 0 500 2 0 0 0 0 0 0\n";

TEST(HostText, CpuTimesAreOfAllCoresInSeconds) {
    const auto cpu = parse_cpu(kStat, kTicks);
    ASSERT_TRUE(cpu);
    EXPECT_EQ(cpu->cores, 2u);
    EXPECT_DOUBLE_EQ(cpu->times.user, (6149222.0 + 1454072.0) / 100);
    EXPECT_DOUBLE_EQ(cpu->times.system, (647142.0 + 103880.0) / 100);
    EXPECT_DOUBLE_EQ(cpu->times.iowait, 65.48);
    EXPECT_DOUBLE_EQ(cpu->times.steal, 38.66);
    EXPECT_DOUBLE_EQ(cpu->times.idle, 22227.68);
}

TEST(HostText, AnOldKernelHasFourCpuTimes) {
    const auto cpu = parse_cpu("cpu 100 0 50 850\ncpu0 100 0 50 850\n", kTicks);
    ASSERT_TRUE(cpu);
    EXPECT_DOUBLE_EQ(cpu->times.idle, 8.5);
    EXPECT_DOUBLE_EQ(cpu->times.steal, 0);
    EXPECT_FALSE(parse_cpu("cpu 100 0 50\n", kTicks));
}

TEST(HostText, MemoryIsInBytes) {
    const auto memory = parse_memory(kMemory);
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->total, 24684092u * 1024ull);
    EXPECT_EQ(memory->available, 11797708u * 1024ull);
    EXPECT_EQ(memory->swap_total, 2097148u * 1024ull);
    EXPECT_EQ(memory->swap_free, 1048574u * 1024ull);
}

TEST(HostText, AnOldKernelDoesNotSayWhatIsAvailable) {
    const auto memory = parse_memory(
        "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 20 kB\nCached: 300 kB\nSwapTotal: 0 kB\n");
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->available, 420u * 1024);
}

TEST(HostText, MoreAvailableThanThereIsCannotBe) {
    const auto memory = parse_memory("MemTotal: 10 kB\nMemAvailable: 99 kB\nSwapFree: 5 kB\n");
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->available, memory->total);
    EXPECT_EQ(memory->swap_free, 0u);
}

TEST(HostText, Load) {
    const auto load = parse_load("7.31 7.98 7.77 10/217 15091\n");
    ASSERT_TRUE(load);
    EXPECT_DOUBLE_EQ(load->one, 7.31);
    EXPECT_DOUBLE_EQ(load->five, 7.98);
    EXPECT_DOUBLE_EQ(load->fifteen, 7.77);
}

TEST(HostText, PressureIsAShare) {
    const auto stall = parse_stall(
        "some avg10=70.75 avg60=75.56 avg300=86.42 total=19846138556\n"
        "full avg10=0.50 avg60=0.00 avg300=0.00 total=0\n");
    ASSERT_TRUE(stall);
    EXPECT_DOUBLE_EQ(stall->some.value_or(-1), 0.7075);
    EXPECT_DOUBLE_EQ(stall->full.value_or(-1), 0.005);
}

// Before Linux 5.13, of the CPU.
TEST(HostText, PressureWithoutFull) {
    const auto stall = parse_stall("some avg10=1.00 avg60=0.00 avg300=0.00 total=1\n");
    ASSERT_TRUE(stall);
    EXPECT_FALSE(stall->full);
}

TEST(HostText, NetworkTotalsAreWithoutLo) {
    const auto network = parse_network(kNetwork);
    ASSERT_TRUE(network);
    EXPECT_EQ(network->received.bytes, 1527226318u + 100);
    EXPECT_EQ(network->received.packets, 50107u + 10);
    EXPECT_EQ(network->received.errors, 1u);
    EXPECT_EQ(network->received.drops, 2u);
    EXPECT_EQ(network->sent.bytes, 3149677u + 200);
    EXPECT_EQ(network->sent.errors, 3u);
    EXPECT_EQ(network->sent.drops, 4u + 1);
}

TEST(HostText, AHostWithLoAloneHasNoTraffic) {
    const auto network = parse_network("  lo: 9 9 9 9 0 0 0 0 9 9 9 9 0 0 0 0\n");
    ASSERT_TRUE(network);
    EXPECT_EQ(network->received.bytes, 0u);
}

TEST(HostText, DiskTotalsAreOfWholeDisks) {
    const auto disks = parse_disks(kDisks);
    ASSERT_TRUE(disks);
    EXPECT_EQ(disks->read_bytes, (2000u + 8) * 512);
    EXPECT_EQ(disks->written_bytes, (1000u + 16) * 512);
    EXPECT_DOUBLE_EQ(disks->io_seconds, 2.0);
}

TEST(HostText, TheTenthNamespaceIsNoPartitionOfTheFirst) {
    const auto disks =
        parse_disks("259 0 nvme0n1 1 0 1 0 0 0 0 0 0 0 0\n259 9 nvme0n10 1 0 1 0 0 0 0 0 0 0 0\n");
    ASSERT_TRUE(disks);
    EXPECT_EQ(disks->read_bytes, 2u * 512);
}

TEST(HostText, Uptime) {
    EXPECT_DOUBLE_EQ(parse_uptime("53117.12 22227.68\n").value_or(-1), 53117.12);
    EXPECT_FALSE(parse_uptime("1e300 1\n"));
    EXPECT_FALSE(parse_uptime("9999999999999999 1\n"));
}

TEST(HostText, WhatIsNoNumberIsNone) {
    for (const char* text : {"", "\n", "nan 1 1", "inf 1 1", "-1 1 1", "1 2", "x", "1 2 3x"}) {
        EXPECT_FALSE(parse_load(text)) << text;
    }
    for (const char* text : {"", "cpu", "cpu a b c d", "cpu -1 0 0 0", "cpux 1 2 3 4",
                             "cpu 99999999999999999999999 1 1 1"}) {
        EXPECT_FALSE(parse_cpu(text, kTicks)) << text;
    }
    for (const char* text : {"", "MemTotal:", "MemTotal: x kB", "MemTotal: -5 kB",
                             "MemTotal: 18446744073709551615 kB"}) {
        EXPECT_FALSE(parse_memory(text)) << text;
    }
    for (const char* text : {"", "some", "some avg10=", "some avg10=nan", "some avg10=101",
                             "some avg60=1", "full avg10=-1"}) {
        EXPECT_FALSE(parse_stall(text)) << text;
    }
    for (const char* text : {"", "eth0", "eth0:", "eth0: 1 2 3", ":::"}) {
        EXPECT_FALSE(parse_network(text)) << text;
    }
    for (const char* text :
         {"", "8 0", "8 0 sda", "8 0 sda 1 2 3 4", "8 0 sda a b c d e f g h i j"}) {
        EXPECT_FALSE(parse_disks(text)) << text;
    }
}

// Every truncation of every file, and each with a byte changed: no crash, whatever comes out.
TEST(HostText, NoTextIsFatal) {
    const std::vector<std::function<void(std::string_view)>> parsers{
        [](std::string_view text) { static_cast<void>(parse_cpu(text, kTicks)); },
        [](std::string_view text) { static_cast<void>(parse_memory(text)); },
        [](std::string_view text) { static_cast<void>(parse_load(text)); },
        [](std::string_view text) { static_cast<void>(parse_stall(text)); },
        [](std::string_view text) { static_cast<void>(parse_network(text)); },
        [](std::string_view text) { static_cast<void>(parse_disks(text)); },
        [](std::string_view text) { static_cast<void>(parse_uptime(text)); }};
    for (const std::string_view file : {kStat, kMemory, kNetwork, kDisks}) {
        for (const auto& parse : parsers) {
            for (std::size_t size = 0; size <= file.size(); ++size) parse(file.substr(0, size));
            std::string changed{file};
            for (char& c : changed) {
                const char was = c;
                c = static_cast<char>(was ^ '\x15');
                parse(changed);
                c = was;
            }
        }
    }
    static_cast<void>(parse_cpu(std::string(100'000, ' '), kTicks));
    static_cast<void>(
        parse_disks("8 0 sda 1 1 18446744073709551615 1 1 1 18446744073709551615 1 1 "
                    "18446744073709551615\n"));
}

}  // namespace
}  // namespace rollcall::agent
