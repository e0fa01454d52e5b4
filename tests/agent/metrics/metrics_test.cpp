// SPDX-License-Identifier: Apache-2.0
//
// The metrics of whole agents: their names and their documentation, what they show of a cluster's
// life, and those of single members in slices.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "agent/config/tls_folder.h"
#include "agent/metrics/exposition.h"
#include "agent/running_agents.h"
#include "agent/samples/fake_host.h"
#include "base/bytes.h"
#include "support/test_folder.h"
#include "transport/raw_socket.h"
#include "wire/messages.h"

namespace rollcall::agent::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::project_file;

// Every family there can be.
class AllMetrics : public Agents {
protected:
    AllMetrics() {
        AgentConfig wanted = config("n1");
        wanted.encrypt = "cg8StVXbQJ0gPvMd9o7yrg==";
        wanted.encryption = "accept";
        wanted.metrics_per_member = true;
        wanted.http_addr = "tls:127.0.0.1:0";
        tls_.use_in(wanted);
        write_host(host_, CgroupVersion::two);
        wanted.sample_root = host_.path();
        agent_ = &start(wanted);
        AgentConfig without_key = config("n2");
        without_key.join = {gossip(*agent_)};
        start(without_key);
        EXPECT_TRUE(until([&] {
            const std::string text = agent_->metrics().text();
            return text.find("rollcall_host_cpus") != std::string::npos &&
                   text.find("rollcall_plain_text_source_age_seconds{") != std::string::npos;
        }));
        all_ = read_exposition(agent_->metrics().text());
    }
    [[nodiscard]] std::set<std::string> names() const {
        std::set<std::string> names;
        for (const auto& family : all_.families) {
            const bool histogram = family.type == "histogram";
            if (!histogram) names.insert(family.name);
            for (const char* const part : {"_bucket", "_sum", "_count"}) {
                if (histogram) names.insert(family.name + part);
            }
        }
        return names;
    }
    // The table of docs/operations/metrics.md.
    [[nodiscard]] std::string as_markdown() const {
        std::string text = "| Metric | Type | Labels | Meaning |\n| --- | --- | --- | --- |\n";
        for (const auto& family : all_.families) {
            std::string labels;
            for (const std::string& label : family.labels) {
                labels += (labels.empty() ? "`" : ", `") + label + "`";
            }
            text += "| `" + family.name + "` | " + family.type + " | " + labels + " | " +
                    family.help + " |\n";
        }
        return text;
    }

    rollcall::tests::TestFolder host_;
    TlsFolder tls_;
    RunningAgent* agent_ = nullptr;
    Exposition all_;
};

TEST_F(AllMetrics, HaveNamesAsPrometheusWantsThem) {
    EXPECT_GT(all_.families.size(), 100u);
    const std::regex form{"(rollcall|process)(_[a-z0-9]+)+"};
    for (const auto& family : all_.families) {
        EXPECT_TRUE(std::regex_match(family.name, form)) << family.name;
        EXPECT_EQ(family.type == "counter", family.name.ends_with("_total")) << family.name;
        if (family.type == "histogram") {
            EXPECT_TRUE(family.name.ends_with("_seconds")) << family.name;
        }
        EXPECT_TRUE(family.help.ends_with('.')) << family.name << ": " << family.help;
        EXPECT_EQ(family.help.find('\\'), std::string::npos) << family.help;
        EXPECT_FALSE(family.samples.empty() && !family.name.starts_with("rollcall_member_"))
            << family.name;
        for (const std::string& label : family.labels) {
            EXPECT_TRUE(std::regex_match(label, std::regex{"[a-z]+(_[a-z]+)*"})) << label;
        }
    }
}

TEST_F(AllMetrics, StandInTheManualAsTheyAre) {
    EXPECT_NE(project_file("docs/operations/metrics.md").find(as_markdown()), std::string::npos)
        << "docs/operations/metrics.md should have this table:\n"
        << as_markdown();
}

// Names in the alert rules, their tests and the dashboard.
TEST_F(AllMetrics, AreTheOnlyOnesThatTheRulesAndTheDashboardUse) {
    const std::set<std::string> known = names();
    const std::regex name{"\\b(rollcall|process)_[a-z0-9_]+"};
    for (const char* const path :
         {"deploy/prometheus/rollcall.rules.yml", "deploy/prometheus/rollcall.rules_test.yml",
          "deploy/grafana/rollcall.json", "docs/operations/metrics.md"}) {
        const std::string text = project_file(path);
        const std::set<std::string> recorded = [&] {  // by rules of our own: "record: rollcall_..."
            std::set<std::string> made;
            const std::regex record{"(record|alertname): *([a-z_:]+)"};
            for (std::sregex_iterator i{text.begin(), text.end(), record}, end; i != end; ++i) {
                made.insert((*i)[2]);
            }
            return made;
        }();
        std::size_t used = 0;
        for (std::sregex_iterator i{text.begin(), text.end(), name}, end; i != end; ++i) {
            const std::string found = i->str();
            ++used;
            const bool family =
                all_.find(found) != nullptr && std::string_view{path}.ends_with("md");
            EXPECT_TRUE(known.contains(found) || recorded.contains(found) || family)
                << path << " uses " << found << ", which no agent has";
        }
        EXPECT_GT(used, 10u) << path;
    }
}

TEST_F(Agents, TheirMetricsShowAClustersLife) {
    RunningAgent& a = start(config("a"));
    AgentConfig with_seed = config("b");
    with_seed.join = {gossip(a)};
    RunningAgent& b = start(with_seed);
    ASSERT_TRUE(sees(a, "b", serf::Status::alive) && sees(b, "a", serf::Status::alive));
    const auto read = [](const RunningAgent& agent) {
        return read_exposition(agent.metrics().text());
    };
    const auto value = [&](const RunningAgent& agent, const std::string& sample) {
        return read(agent).value(sample).value_or(-1);
    };
    EXPECT_EQ(value(a, "rollcall_members{status=\"alive\"}"), 2);
    EXPECT_EQ(value(a, "rollcall_detector_members{state=\"alive\"}"), 2);
    EXPECT_EQ(value(b, "rollcall_seeds{state=\"member\"}"), 1);
    EXPECT_EQ(value(a, "rollcall_view_checksum"), value(b, "rollcall_view_checksum"));
    EXPECT_EQ(value(b, "rollcall_push_pull_duration_seconds_count"), 1);
    EXPECT_GT(value(b, "rollcall_push_pull_sent_bytes_total"), 50);
    EXPECT_EQ(value(b, "rollcall_push_pull_sent_bytes_total"),
              value(a, "rollcall_push_pull_received_bytes_total"));
    EXPECT_EQ(value(a, "rollcall_push_pull_sent_bytes_total"),
              value(b, "rollcall_push_pull_received_bytes_total"));
    ASSERT_TRUE(until([&] { return value(a, "rollcall_probe_rtt_seconds_count") >= 1; }));
    EXPECT_GT(value(a, "rollcall_probe_rtt_seconds_sum"), 0);
    ASSERT_TRUE(until([&] { return value(a, "rollcall_loop_lag_seconds_count") >= 1; }));

    b.stop(1);  // without a leave
    ASSERT_TRUE(sees(a, "b", serf::Status::failed));
    EXPECT_EQ(value(a, "rollcall_members{status=\"failed\"}"), 1);
    EXPECT_EQ(value(a, "rollcall_failures_total"), 1);
    const auto after = read(a);
    double by_cause = 0;
    for (const auto& [sample, count] : after.find("rollcall_failures_by_cause_total")->samples) {
        by_cause += count;
    }
    EXPECT_EQ(by_cause, 1);
    EXPECT_EQ(value(a, "rollcall_suspicions_by_cause_total{cause=\"refused\"}"), 1)
        << "its host answers that nothing listens there";
}

TEST_F(Agents, TheirProcessIsThisOne) {
    const auto read = read_exposition(start(config("n1")).metrics().text());
    EXPECT_GT(read.value("process_cpu_seconds_total").value_or(0), 0);
    EXPECT_GT(read.value("process_resident_memory_bytes").value_or(0), 1e6);
    EXPECT_GE(read.value("process_virtual_memory_bytes").value_or(0),
              read.value("process_resident_memory_bytes").value_or(0));
    EXPECT_GT(read.value("process_open_fds").value_or(0), 3);
    const auto now =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    EXPECT_NEAR(read.value("process_start_time_seconds").value_or(0), now, 600);
}

// Claims as a peer would gossip them.
class ManyMembers : public Agents {
protected:
    void announce(const RunningAgent& agent, const std::vector<std::string>& names) {
        std::size_t sent = 0;
        for (const std::string& name : names) {
            std::array<std::byte, 600> room{};
            ByteWriter writer{room};
            ASSERT_TRUE(wire::encode(wire::Alive{.node = name,
                                                 .incarnation = Incarnation{1},
                                                 .address = own_address_,
                                                 .port = peer_.local().port,
                                                 .meta = Bytes{},
                                                 .versions = wire::kSerfVersions},
                                     writer));
            peer_.send_to(agent.gossip_endpoint(), as_text(writer.written()));
            if (++sent % 100 == 0) {  // the socket's buffer is not endless
                ASSERT_TRUE(until([&] { return agent.control().members().size() > sent; }));
            }
        }
        ASSERT_TRUE(until([&] { return agent.control().members().size() > sent; }));
    }
    // Silent, so that nothing is said about the members for a while.
    transport::RawSocket peer_ = transport::RawSocket::udp(*Endpoint::parse("127.0.0.1:0"));
    WireAddress own_address_ = peer_.local().to_wire();
};

TEST_F(ManyMembers, AddNoSeriesUnlessAskedFor) {
    AgentConfig wanted = config("n1");
    wanted.sample_interval = Duration::zero();  // the first sample adds some, whoever is a member
    RunningAgent& agent = start(wanted);
    const auto series = [&] {
        std::size_t count = 0;
        for (const auto& family : read_exposition(agent.metrics().text()).families) {
            count += family.samples.size();
        }
        return count;
    };
    const std::size_t before = series();
    std::vector<std::string> names;
    for (int i = 0; i < 300; ++i) names.push_back("m" + std::to_string(i));
    announce(agent, names);
    EXPECT_EQ(series(), before);
}

TEST_F(ManyMembers, AreShownOneByOneInSlices) {
    AgentConfig wanted = config("n1");
    wanted.metrics_per_member = true;
    RunningAgent& agent = start(wanted);
    std::vector<std::string> names;
    for (int i = 0; i < 1000; ++i) names.push_back("member-" + std::to_string(i));
    announce(agent, names);

    Metrics::Scrape scrape = agent.metrics().scrape();
    std::string all;
    std::size_t slices = 0;
    while (const auto slice = scrape.next()) {
        EXPECT_LE(slice->size(), 24u << 10u);
        all += *slice;
        ++slices;
    }
    EXPECT_GT(slices, 8u);
    const auto read = read_exposition(all);
    EXPECT_EQ(read.find("rollcall_member_up")->samples.size(), 1001u);
    EXPECT_EQ(read.value("rollcall_member_up{member=\"member-999\"}"), 1);
    EXPECT_EQ(read.value("rollcall_member_series_omitted"), 0);
}

// Prometheus refuses a whole scrape for one label value that is not UTF-8.
TEST_F(ManyMembers, WithNamesThatAreNoLabelsAreLeftOutAndCounted) {
    AgentConfig wanted = config("n1");
    wanted.metrics_per_member = true;
    RunningAgent& agent = start(wanted);
    announce(agent, {"a\"b\\c", "caf\xc3\xa9", "bad\xff", "line\nbreak"});
    const std::string text = agent.metrics().text();
    EXPECT_EQ(text.find('\xff'), std::string::npos);
    const auto read = read_exposition(text);
    EXPECT_EQ(read.value("rollcall_member_up{member=\"a\\\"b\\\\c\"}"), 1);
    EXPECT_EQ(read.value("rollcall_member_up{member=\"caf\xc3\xa9\"}"), 1);
    EXPECT_EQ(read.value("rollcall_member_series_omitted"), 2);
}

}  // namespace
}  // namespace rollcall::agent::tests
