// SPDX-License-Identifier: Apache-2.0
//
// Sends memberlist pings to one address, keeping a window of them in flight, counts the answers and
// reads from /proc what CPU time the answering process used meanwhile. Prints one JSON object.
//
//   ping_load PORT PID SECONDS WINDOW NODE_NAME ack|echo
//
// `ack`: only acks with a sequence number of ours count. `echo`: our own ping back counts. The
// window is what makes batches: the target answers as fast as it can, and loss is counted, not
// hidden.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "wire/messages.h"
#include "wire/packet.h"

namespace rollcall {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t kBatch = 64;
constexpr std::size_t kRoom = 2048;
constexpr int kAnswerTimeoutMs = 100;  // on loopback: what is not there by then is lost

struct Request {
    std::uint16_t port = 0;
    int pid = 0;
    double seconds = 2;
    std::size_t window = 64;
    std::string node;
    bool echo = false;
};

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "ping_load: %s\n", what.c_str());
    std::exit(1);
}

struct NoEntropy : wire::EntropySource {
    void fill(MutableBytes) override { fail("an unencrypted codec asked for entropy"); }
};

// utime + stime of the whole process, in seconds; fields 14 and 15, counted after the name's ')'.
double cpu_seconds(int pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string line;
    if (!std::getline(file, line)) fail("no process " + std::to_string(pid));
    std::istringstream fields{line.substr(line.rfind(')') + 1)};
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// Counts the innermost messages that answer us.
class Answers : public wire::PacketVisitor {
public:
    explicit Answers(bool echo) : echo_{echo} {}
    void message(wire::MessageType type, Bytes body) override {
        if (echo_ ? type == wire::MessageType::ping
                  : type == wire::MessageType::ack && wire::decode_ack(body)) {
            ++count;
        }
    }
    void rejected(wire::DecodeError) override { fail("the answer cannot be read"); }
    std::uint64_t count = 0;

private:
    bool echo_;
};

class Load {
public:
    explicit Load(const Request& request) : request_{request}, answers_{request.echo} {
        fd_ = socket(AF_INET, SOCK_DGRAM, 0);
        sockaddr_in me{};
        me.sin_family = AF_INET;
        me.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (bind(fd_, reinterpret_cast<sockaddr*>(&me), sizeof me) != 0) fail("bind");
        socklen_t size = sizeof me;
        getsockname(fd_, reinterpret_cast<sockaddr*>(&me), &size);
        own_port_ = ntohs(me.sin_port);
        sockaddr_in to = me;
        to.sin_port = htons(request.port);
        if (connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) fail("connect");
        const int buffer = 2 << 20;
        setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
        for (std::size_t i = 0; i < kBatch; ++i) {
            in_parts_[i] = {.iov_base = in_[i].data(), .iov_len = kRoom};
            in_messages_[i].msg_hdr.msg_iov = &in_parts_[i];
            in_messages_[i].msg_hdr.msg_iovlen = 1;
            out_messages_[i].msg_hdr.msg_iov = &out_parts_[i];
            out_messages_[i].msg_hdr.msg_iovlen = 1;
        }
    }
    ~Load() { close(fd_); }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    void run() {
        const double cpu_before = cpu_seconds(request_.pid);
        const auto begin = SteadyClock::now();
        const auto end = begin + std::chrono::duration_cast<SteadyClock::duration>(
                                     std::chrono::duration<double>{request_.seconds});
        while (SteadyClock::now() < end) {
            // In halves of the window, so that the target finds more than one at a time.
            if (in_flight_ <= request_.window / 2) send(request_.window - in_flight_);
            if (!receive()) lost_ += std::exchange(in_flight_, 0);
        }
        while (in_flight_ > 0 && receive()) {
        }
        lost_ += in_flight_;
        const std::chrono::duration<double> took = SteadyClock::now() - begin;
        const double cpu = cpu_seconds(request_.pid) - cpu_before;
        const auto answered = static_cast<double>(answers_.count);
        std::printf(
            "{\"answered\": %.0f, \"lost\": %zu, \"seconds\": %.3f, \"cpu_seconds\": %.3f, "
            "\"cpu_us_per_answer\": %.4f, \"answers_per_cpu_second\": %.0f}\n",
            answered, lost_, took.count(), cpu, answered > 0 ? cpu * 1e6 / answered : 0,
            cpu > 0 ? answered / cpu : 0);
    }

private:
    void send(std::size_t count) {
        while (count > 0) {
            const std::size_t batch = std::min(count, kBatch);
            for (std::size_t i = 0; i < batch; ++i) {
                ByteWriter writer{out_[i]};
                if (!wire::encode(wire::Ping{.sequence = SequenceNumber{++sequence_},
                                             .node = request_.node,
                                             .source_address = WireAddress::v4(127, 0, 0, 1),
                                             .source_port = own_port_,
                                             .source_node = "load"},
                                  writer)) {
                    fail("the ping does not fit");
                }
                out_parts_[i] = {.iov_base = out_[i].data(), .iov_len = writer.size()};
            }
            const int sent = sendmmsg(fd_, out_messages_.data(), static_cast<unsigned>(batch), 0);
            if (sent <= 0) fail("the target is gone");
            in_flight_ += static_cast<std::size_t>(sent);
            count -= static_cast<std::size_t>(sent);
        }
    }
    // False when nothing came in time.
    bool receive() {
        pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
        if (poll(&waiting, 1, kAnswerTimeoutMs) <= 0) return false;
        const int count = recvmmsg(fd_, in_messages_.data(), kBatch, MSG_DONTWAIT, nullptr);
        if (count <= 0) fail("the target is gone");
        const std::uint64_t before = answers_.count;
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
            codec_.open(Bytes{in_[i]}.first(in_messages_[i].msg_len), answers_);
        }
        in_flight_ -= std::min<std::size_t>(in_flight_, answers_.count - before);
        return true;
    }

    const Request request_;
    NoEntropy entropy_;
    wire::PacketCodec codec_{{}, entropy_};
    Answers answers_;
    int fd_ = -1;
    std::uint16_t own_port_ = 0;
    std::uint32_t sequence_ = 0;
    std::size_t in_flight_ = 0;
    std::size_t lost_ = 0;
    std::array<std::array<std::byte, kRoom>, kBatch> in_{}, out_{};
    std::array<iovec, kBatch> in_parts_{}, out_parts_{};
    std::array<mmsghdr, kBatch> in_messages_{}, out_messages_{};
};

template <class T>
T number(const char* text) {
    T value{};
    const std::string_view all{text};
    const auto [end, error] = std::from_chars(all.data(), all.data() + all.size(), value);
    if (error != std::errc{} || end != all.data() + all.size())
        fail("not a number: " + std::string{all});
    return value;
}

}  // namespace
}  // namespace rollcall

int main(int argc, char** argv) {
    using namespace rollcall;
    if (argc != 7) fail("usage: ping_load PORT PID SECONDS WINDOW NODE_NAME ack|echo");
    const Request request{.port = number<std::uint16_t>(argv[1]),
                          .pid = number<int>(argv[2]),
                          .seconds = number<double>(argv[3]),
                          .window = number<std::size_t>(argv[4]),
                          .node = argv[5],
                          .echo = std::string_view{argv[6]} == "echo"};
    Load{request}.run();
    return 0;
}
