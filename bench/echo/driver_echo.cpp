// SPDX-License-Identifier: Apache-2.0
//
// The same work through our own layers, to see which of them costs what. `driver_echo echo` runs a
// core that sends every datagram back through transport::Driver; `driver_echo node` a bare
// membership::Node named "bench", without Serf's layer, log or control port. Prints its port.
#include <algorithm>
#include <cstdio>
#include <string_view>

#include "membership/application.h"
#include "membership/node.h"
#include "sim/world/entropy.h"
#include "transport/driver.h"

namespace rollcall {
namespace {

struct EchoCore {
    using Outbox = membership::Outbox;
    void start(Time, Outbox&) {}
    void handle_packet(Time, Endpoint from, Bytes bytes, Outbox& out) {
        std::copy(bytes.begin(), bytes.end(), out.stage(bytes.size()).begin());
        out.send_staged(from, bytes.size());
    }
    void handle_send_error(Time, Endpoint, membership::SendError, Outbox&) {}
    void handle_timeout(Time, Outbox&) {}
    void handle_stream_accepted(Time, StreamId, Endpoint, Outbox&) {}
    void handle_stream_connected(Time, StreamId, Outbox&) {}
    void handle_stream_data(Time, StreamId, Bytes, Outbox&) {}
    void handle_stream_closed(Time, StreamId, membership::StreamEnd, Outbox&) {}
    [[nodiscard]] std::optional<Time> next_deadline() const { return {}; }
};

template <class Core>
int serve(std::unique_ptr<transport::Transport> bound, Core& core) {
    transport::Driver<Core> driver{*uv_default_loop(), core};
    const auto at = driver.open(std::move(bound));
    if (!at) {
        std::fprintf(stderr, "driver_echo: %s\n", at.error().c_str());
        return 1;
    }
    std::printf("port %d\n", at->port);
    std::fflush(stdout);
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

int run(std::string_view which) {
    auto bound =
        transport::Transport::bind(*uv_default_loop(), {.bind = *Endpoint::parse("127.0.0.1:0")});
    if (!bound) {
        std::fprintf(stderr, "driver_echo: %s\n", bound.error().c_str());
        return 1;
    }
    if (which == "echo") {
        EchoCore core;
        return serve(std::move(*bound), core);
    }
    if (which == "node") {
        membership::Config config = membership::Config::lan();
        config.name = "bench";
        config.address = WireAddress::v4(127, 0, 0, 1);
        config.port = config.bind_port = (*bound)->local().port;
        membership::Application app;
        sim::SeededEntropy entropy{1};
        membership::Node node{config, app, entropy, 1};
        return serve(std::move(*bound), node);
    }
    std::fprintf(stderr, "usage: driver_echo echo|node\n");
    return 1;
}

}  // namespace
}  // namespace rollcall

int main(int argc, char** argv) {
    return rollcall::run(argc > 1 ? argv[1] : "");
}
