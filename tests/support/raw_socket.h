// SPDX-License-Identifier: Apache-2.0
//
// A client's TCP socket as a system call gives it, for tests that speak a protocol by hand. Does
// not block once it is connected.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <stdexcept>

#include "base/endpoint.h"

namespace rollcall::tests {

// To a port of the loopback interface; the caller closes it. `receive_buffer` of 0: the system's.
inline int raw_connection(const Endpoint& server, int receive_buffer = 0) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (receive_buffer > 0) {
        ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(server.port);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error{"connect"};
    }
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

}  // namespace rollcall::tests
