// SPDX-License-Identifier: Apache-2.0
//
// The parts of one simulated process without its core: a clock, and the queues on both sides. What
// reaches the core is recorded as text instead.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/rng.h"
#include "base/time.h"
#include "sim/cluster/alarm_clock.h"
#include "sim/cluster/chronicle.h"
#include "sim/cluster/input_queue.h"
#include "sim/cluster/node_log.h"
#include "sim/cluster/output_queue.h"
#include "sim/world/network.h"
#include "sim/world/streams.h"
#include "sim/world/world.h"

namespace rollcall::sim {

// Another process, which records what it receives.
struct RecordingPort final : Port {
    std::vector<std::string> received;

    void datagram(Endpoint, Bytes bytes) override { received.emplace_back(as_text(bytes)); }
    void send_error(Endpoint, membership::SendError) override { received.emplace_back("error"); }
    bool stream_accepted(StreamId, Endpoint) override {
        received.emplace_back("stream");
        return true;
    }
    void stream_connected(StreamId) override {}
    void stream_data(StreamId, Bytes bytes) override { received.emplace_back(as_text(bytes)); }
    void stream_closed(StreamId, membership::StreamEnd) override {}
};

struct HostParts {
    explicit HostParts(Duration wake_delay = {})
        : clock{world,
                log,
                dice,
                wake_delay,
                {.alarm = [this] { seen.emplace_back("alarm"); },
                 .changed = [this] { seen.emplace_back("clock changed"); }}},
          input{world,
                log,
                output,
                {.input = [this](const InputQueue::Input& in) { record(in); },
                 .deadlines = [this] { seen.emplace_back("deadlines"); }}},
          output{network, streams, clock, input} {
        network.add_host(here);
        network.add_host(there);
        network.bind(here, input);
        network.bind(there, peer);
        output.set_address(here);
        input.open();
    }

    void run_for(Duration time) {
        const Time end = world.now() + time;
        while (world.step(end)) {
        }
    }
    void receive(const std::string& text) { input.datagram(there, as_bytes(text)); }
    void send(const std::string& text) { output.send(there, as_bytes(text)); }

    const Endpoint here = *Endpoint::parse("10.0.0.1:7946");
    const Endpoint there = *Endpoint::parse("10.0.0.2:7946");
    std::vector<std::string> seen;  // by the core, in order
    World world{1};
    Network network{world, {}};
    StreamNetwork streams{network};
    RecordingPort peer;
    Chronicle chronicle;
    NodeLog log{world, chronicle, 0};
    Rng dice{2};
    AlarmClock clock;
    InputQueue input;
    OutputQueue output;

private:
    void record(const InputQueue::Input& in) {
        const bool has_text = in.kind == InputQueue::Input::Kind::datagram;
        seen.emplace_back(has_text ? std::string{as_text(in.bytes)} : std::string{"other input"});
    }
};

}  // namespace rollcall::sim
