// SPDX-License-Identifier: Apache-2.0
//
// The yardstick: the least that a libuv program can do with a datagram. Batches in, uv_udp_try_send
// out, nothing looked at. Prints its port, echoes until killed.
#include <uv.h>

#include <cstdio>
#include <memory>

namespace {

constexpr std::size_t kBuffer = 20 * 64 * 1024;

void check(int result, const char* what) {
    if (result >= 0) return;
    std::fprintf(stderr, "udp_echo: %s: %s\n", what, uv_strerror(result));
    std::exit(1);
}

}  // namespace

int main() {
    uv_loop_t* loop = uv_default_loop();
    uv_udp_t socket{};
    check(uv_udp_init_ex(loop, &socket, AF_INET | UV_UDP_RECVMMSG), "init");
    sockaddr_in at{};
    check(uv_ip4_addr("127.0.0.1", 0, &at), "address");
    check(uv_udp_bind(&socket, reinterpret_cast<const sockaddr*>(&at), 0), "bind");
    int buffer_size = 2 << 20;
    check(uv_recv_buffer_size(reinterpret_cast<uv_handle_t*>(&socket), &buffer_size), "SO_RCVBUF");
    int size = sizeof at;
    check(uv_udp_getsockname(&socket, reinterpret_cast<sockaddr*>(&at), &size), "getsockname");
    std::printf("port %d\n", ntohs(at.sin_port));
    std::fflush(stdout);

    const std::unique_ptr<char[]> buffer{new char[kBuffer]};
    socket.data = buffer.get();
    check(uv_udp_recv_start(
              &socket,
              [](uv_handle_t* handle, std::size_t, uv_buf_t* out) {
                  *out = uv_buf_init(static_cast<char*>(handle->data), kBuffer);
              },
              [](uv_udp_t* handle, ssize_t count, const uv_buf_t* bytes, const sockaddr* from,
                 unsigned) {
                  if (from == nullptr || count < 0) return;
                  const uv_buf_t back = uv_buf_init(bytes->base, static_cast<unsigned>(count));
                  uv_udp_try_send(handle, &back, 1, from);
              }),
          "recv_start");
    return uv_run(loop, UV_RUN_DEFAULT);
}
