// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/fast/measures.h"

#include "base/check.h"
#include "sim/papers/frame/row.h"
#include "sim/papers/statistics/quantiles.h"

namespace rollcall::sim::papers {
namespace {

constexpr double kSecondsOfAnHour = 3600;
constexpr double kCountedHours = 100;

// In every world: lan is as fast as it was, and raises no more false alarms.
constexpr std::array kBarsOfEveryWorld = std::to_array<Bar>({
    {.profile = "lan", .measure = Measure::all_median, .most = 1.05, .of_published = true},
    {.profile = "lan", .measure = Measure::false_positives, .most = 1, .of_published = true},
    {.profile = "lan", .measure = Measure::at_healthy, .most = 1, .of_published = true},
});

constexpr std::array kBarsOfOneWorld = std::to_array<Bar>({
    {"D1", 32, "fast", Measure::all_median, 2.6},
    {"D1", 32, "fast", Measure::all_p99, 3.4},
    {"D1", 128, "fast", Measure::all_median, 2.8},
    {"D1", 128, "fast", Measure::all_p99, 3.6},
    {"D1", 512, "fast", Measure::all_median, 3.0},
    {"D1", 512, "fast", Measure::all_p99, 3.9},
    {"D1", 1000, "fast", Measure::all_median, 3.4},
    {"D1", 1000, "fast", Measure::all_p99, 4.2},
    {"D1", 10'000, "fast", Measure::all_median, 4.0},
    {"D1", 10'000, "fast", Measure::all_p99, 5.0},
    {"D1", 128, "lan", Measure::packets, 3.6},
    {"D1", 128, "lan", Measure::bytes, 220},
    {"D1", 128, "fast", Measure::packets, 6},
    {"D1", 128, "fast", Measure::bytes, 300},
    {"D2", 32, "fast", Measure::all_median, 4.5},
    {"D2", 32, "fast", Measure::all_p99, 9},
    {"D2", 128, "fast", Measure::all_median, 4.5},
    {"D2", 128, "fast", Measure::all_p99, 9},
    {"D2", 32, "fast", Measure::false_positives, 0},
    {"D2", 128, "fast", Measure::false_positives, 0},
    {"D2", 128, "fast", Measure::false_suspicions, 0.05, true},
    {"D2", 128, "fast", Measure::bytes, 0.5, true},
    {"D3", 0, "lan", Measure::all_median, 6},
    {"D4", 0, "fast", Measure::false_positives, 0},
    {"D4", 0, "fast", Measure::of_sick, 1, true},
    {"D4", 0, "fast", Measure::all_p99, 4},
    {"D5", 0, "fast", Measure::false_positives, 0},
    {"D5", 0, "fast", Measure::of_sick, 1.2, true},
    {"D6", 0, "fast", Measure::false_positives, 0.05, true},
    {"D6", 0, "fast", Measure::at_healthy, 0},
    {"D7", 0, "fast", Measure::at_healthy, 0.05, true},
    {"D8", 0, "fast", Measure::at_healthy, 0},
    {"D9", 0, "fast", Measure::at_healthy, 0},
    {"D10", 0, "fast", Measure::at_healthy, 0},
    {"D11", 0, "fast", Measure::all_p99, 7},
    {"D12", 0, "fast", Measure::of_sick, 0},
    {"D15", 0, "half fast", Measure::all_median, 3.5},
    {"D15", 0, "half fast", Measure::false_positives, 1, true},
    {"D15", 0, "a quarter fast", Measure::all_median, 1, true},
    {"D15", 0, "a quarter fast", Measure::false_positives, 1, true},
    {"D15", 0, "a tenth fast", Measure::all_median, 1, true},
    {"D15", 0, "a tenth fast", Measure::false_positives, 1, true},
});

const char* unit_of(Measure measure) {
    return measure <= Measure::all_p99 ? " s" : "";
}

double for_hours(double count, double hours) {
    return hours > 0 ? count / hours : 0;
}

}  // namespace

std::string_view words_for(Measure measure) {
    switch (measure) {
        case Measure::first_median:
            return "first knows, median";
        case Measure::first_p99:
            return "first knows, p99";
        case Measure::all_median:
            return "all know, median";
        case Measure::all_p99:
            return "all know, p99";
        case Measure::false_positives:
            return "FP";
        case Measure::at_healthy:
            return "FP at healthy";
        case Measure::of_sick:
            return "failures of sick members";
        case Measure::false_suspicions:
            return "false suspicions";
        case Measure::packets:
            return "packets/s";
        case Measure::bytes:
            return "bytes/s";
        case Measure::streams:
            return "streams/s";
    }
    return "";
}

double value_of(Measure measure, const WorldOutcome& outcome) {
    const auto hourly = [&](double count) { return for_hours(count, outcome.node_hours); };
    switch (measure) {
        case Measure::first_median:
            return median(outcome.first);
        case Measure::first_p99:
            return quantile(outcome.first, 0.99);
        case Measure::all_median:
            return median(outcome.all);
        case Measure::all_p99:
            return quantile(outcome.all, 0.99);
        case Measure::false_positives:
            return kCountedHours * hourly(outcome.false_positives);
        case Measure::at_healthy:
            return kCountedHours * hourly(outcome.at_healthy);
        case Measure::of_sick:
            return kCountedHours * hourly(outcome.of_sick);
        case Measure::false_suspicions:
            return hourly(outcome.false_suspicions);
        case Measure::packets:
            return hourly(outcome.packets) / kSecondsOfAnHour;
        case Measure::bytes:
            return hourly(outcome.bytes) / kSecondsOfAnHour;
        case Measure::streams:
            return hourly(outcome.streams) / kSecondsOfAnHour;
    }
    return 0;
}

bool Bar::applies(const DetectionWorld& to, unsigned of, const ComparedProfile& with) const {
    return (world.empty() || world == to.id) && (members == 0 || members == of) &&
           profile == with.name;
}

std::vector<Bar> bars_of(const DetectionWorld& world) {
    std::vector<Bar> bars;
    const auto add = [&](const Bar& bar) {
        for (const WorldSize& size : world.sizes) {
            for (const ComparedProfile& profile : world.profiles()) {
                if (!bar.applies(world, size.members, profile)) continue;
                bars.push_back(bar);
                return;
            }
        }
    };
    for (const Bar& bar : kBarsOfOneWorld) add(bar);
    for (const Bar& bar : kBarsOfEveryWorld) add(bar);
    return bars;
}

std::string words_for(const std::vector<Bar>& bars) {
    std::string text;
    for (const Bar& bar : bars) {
        if (!text.empty()) text += "; ";
        text += std::string{bar.profile} + ": " + std::string{words_for(bar.measure)};
        if (bar.most == 0) {
            text += " none";
        } else if (bar.of_published) {
            text += " at most " + number(bar.most) + " times that of " + kPublishedLan;
        } else {
            text += " at most " + number(bar.most) + unit_of(bar.measure);
        }
        if (bar.members != 0) text += " with " + std::to_string(bar.members) + " members";
    }
    return text;
}

}  // namespace rollcall::sim::papers
