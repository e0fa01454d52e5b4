// SPDX-License-Identifier: Apache-2.0
#include "agent/samples/sampler.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "agent/samples/sample_answers.h"
#include "agent/samples/sample_json.h"
#include "base/bytes.h"
#include "serf/view_checksum.h"
#include "support/test_loop.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::TestLoop;

// A host whose files may hang, and a clock of its own for what it has counted.
struct SlowHost {
    std::mutex mutex;
    std::condition_variable changed;
    bool hangs = false;
    int reads = 0;

    Sample read() {
        std::unique_lock lock{mutex};
        ++reads;
        changed.wait(lock, [&] { return !hangs; });
        Sample sample;
        sample.taken = transport::clock_now();
        sample.cpu = Cpu{.cores = 4, .times = {.user = 1.0 * reads, .idle = 3.0 * reads}};
        return sample;
    }
    void hang(bool on) {
        const std::lock_guard lock{mutex};
        hangs = on;
        changed.notify_all();
    }
    int begun() {
        const std::lock_guard lock{mutex};
        return reads;
    }
};

class Sampling : public testing::Test {
protected:
    ~Sampling() override {
        host->hang(false);
        if (!closed) sampler->close([this] { closed = true; });
        loop.until([&] { return closed; });
    }
    Sampler& start(Duration interval) {
        sampler = std::make_unique<Sampler>(Sampler::Parts{
            .loop = loop, .interval = interval, .read = [host = host] { return host->read(); }});
        sampler->begin();
        return *sampler;
    }
    std::shared_ptr<SlowHost> host = std::make_shared<SlowHost>();
    TestLoop loop;
    std::unique_ptr<Sampler> sampler;
    bool closed = false;
};

TEST_F(Sampling, TheSecondSampleHasTheShareOfCpuTime) {
    Sampler& s = start(20ms);
    EXPECT_EQ(s.latest(transport::clock_now()), nullptr);
    loop.until([&] { return s.stats().taken >= 2; });
    const Sample* const sample = s.latest(transport::clock_now());
    ASSERT_NE(sample, nullptr);
    ASSERT_TRUE(sample->cpu_share);
    EXPECT_DOUBLE_EQ(sample->cpu_share->busy, 0.25);
}

TEST_F(Sampling, WhileAFileHangsNoOtherReadBeginsAndTheSampleGetsTooOld) {
    Sampler& s = start(20ms);
    loop.until([&] { return s.stats().taken >= 1; });
    host->hang(true);
    loop.until([&] { return s.stats().skipped >= 5; });
    const int reads = host->begun();
    loop.until([&] { return s.latest(transport::clock_now()) == nullptr; });
    EXPECT_EQ(host->begun(), reads);
    EXPECT_GT(s.reading_for(), Duration::zero());
    EXPECT_EQ(sample_json(s, transport::clock_now()).dump(), R"({"state":"none"})");
    host->hang(false);
    loop.until([&] { return s.latest(transport::clock_now()) != nullptr; });
}

TEST_F(Sampling, AnAgentCanEndWhileAFileHangs) {
    host->hang(true);
    Sampler& s = start(20ms);
    loop.until([&] { return host->begun() == 1; });
    s.close([this] { closed = true; });
    loop.until([&] { return closed; });
    sampler.reset();
    host->hang(false);
}

TEST_F(Sampling, OffReadsNothing) {
    Sampler& s = start(0ms);
    EXPECT_TRUE(loop.stays_quiet([&] { return host->begun() > 0; }));
    EXPECT_EQ(sample_json(s, transport::clock_now()).dump(), R"({"state":"off"})");
    EXPECT_EQ(sample_text(s, transport::clock_now(), 100), R"({"state":"off"})");
}

// --- answers to other agents ---------------------------------------------------------------------

serf::BuiltInQueryReceived sample_question(const std::string& payload, bool from_member = true) {
    const Bytes bytes = as_bytes(payload);
    serf::BuiltInQueryReceived query;
    query.name = kSampleQuery;
    query.payload = {bytes.begin(), bytes.end()};
    query.from_member = from_member;
    return query;
}

class AnsweringSamples : public Sampling {
protected:
    ~AnsweringSamples() override {
        bool gone = false;
        if (answers) {
            answers->close([&] { gone = true; });
            loop.until([&] { return gone; });
        }
    }
    SampleAnswers& start_answers(const std::string& name, std::size_t room = 900) {
        Sampler& s = start(20ms);
        loop.until([&] { return s.stats().taken >= 2; });
        answers = std::make_unique<SampleAnswers>(
            SampleAnswers::Parts{.loop = loop, .sampler = s, .name = name, .room = room});
        answers->begin();
        return *answers;
    }
    std::string asked(const serf::BuiltInQueryReceived& query) {
        answers->asked(query, [this](const std::string& text) { got.push_back(text); });
        return got.empty() ? "" : got.back();
    }
    std::unique_ptr<SampleAnswers> answers;
    std::vector<std::string> got;
};

TEST_F(AnsweringSamples, AMemberGetsTheLastSample) {
    start_answers("a");
    const auto json = nlohmann::json::parse(asked(sample_question("")));
    EXPECT_EQ(json.at("state"), "ok");
    EXPECT_EQ(json.at("cpu").at("cores"), 4);
    EXPECT_DOUBLE_EQ(json.at("cpu").at("busy").get<double>(), 0.25);
    EXPECT_EQ(answers->stats().answered, 1u);
}

TEST_F(AnsweringSamples, AStrangerGetsNone) {
    start_answers("a");
    EXPECT_EQ(asked(sample_question("", false)), "");
    EXPECT_EQ(answers->stats().strangers, 1u);
}

TEST_F(AnsweringSamples, AQuestionOfAnotherVersionHasNoAnswer) {
    start_answers("a");
    for (const char* text : {"x", "slots", "slots 0", "slots 201", "slots 2 3", "slots -1",
                             "slots 99999999999999999999"}) {
        EXPECT_EQ(asked(sample_question(text)), "") << text;
    }
    EXPECT_EQ(slots_of(as_bytes("slots 200")), 200u);
    EXPECT_EQ(slots_of(Bytes{}), 1u);
}

// Whatever the name: in one slot of the first it is answered at once, in many it waits for its own.
TEST_F(AnsweringSamples, InManySlotsTheAnswersAreSpread) {
    start_answers("e");
    std::set<std::uint64_t> slots;
    for (int i = 0; i < 1000; ++i) {
        slots.insert(serf::view_hash("node-" + std::to_string(i)) % 20);
    }
    EXPECT_EQ(slots.size(), 20u);
    ASSERT_NE(serf::view_hash("e") % 4, 0u) << "a name that has to wait";
    const Time began = transport::clock_now();
    static_cast<void>(asked(sample_question("slots 4")));
    EXPECT_TRUE(got.empty());
    loop.until([&] { return !got.empty(); });
    const auto slot = static_cast<int>(serf::view_hash("e") % 4);
    EXPECT_GE(transport::clock_now() - began, slot * SampleAnswers::kSlot - 2ms);
}

TEST_F(AnsweringSamples, TheAnswersThatWaitAreBounded) {
    start_answers("e");
    const auto many = SampleAnswers::kMostWaiting + 5;
    for (std::size_t i = 0; i < many; ++i) {
        static_cast<void>(asked(sample_question("slots 4")));
    }
    EXPECT_EQ(answers->stats().too_many, 5u);
    loop.until([&] { return got.size() >= SampleAnswers::kMostWaiting; });
}

TEST_F(AnsweringSamples, AnAnswerFitsIntoItsRoom) {
    start_answers("a");
    for (std::size_t room = 0; room < 200; ++room) {
        const std::string text = sample_text(*sampler, transport::clock_now(), room);
        EXPECT_LE(text.size(), room);
        if (!text.empty()) {
            EXPECT_EQ(nlohmann::json::parse(text).at("state"), "ok");
        }
    }
}

}  // namespace
}  // namespace rollcall::agent
