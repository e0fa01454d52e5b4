// SPDX-License-Identifier: Apache-2.0
#include "agent/config/host_check.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

#include "agent/files/snapshot_file.h"
#include "agent/host/advertise.h"
#include "agent/host/interface.h"
#include "agent/host/owned_fd.h"
#include "transport/addresses.h"

namespace rollcall::agent {
namespace {

constexpr int kFirstOrdinaryPort = 1024;

std::string in_words(int error) {
    return std::generic_category().message(error);
}

// 0, or the errno why this user cannot create files in it.
int cannot_fill(const std::string& folder) {
    struct stat found {};
    if (::stat(folder.c_str(), &found) != 0) return errno;
    if (!S_ISDIR(found.st_mode)) return ENOTDIR;
    return ::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

// 0, or the errno why it cannot be appended to. Missing folders would be created.
int cannot_append(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) == 0) {
        if (S_ISDIR(found.st_mode)) return EISDIR;
        return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0 ? 0 : errno;
    }
    if (errno != ENOENT) return errno;
    std::filesystem::path folder = std::filesystem::path{path}.parent_path();
    std::error_code ignored;
    while (!folder.empty() && !std::filesystem::exists(folder, ignored)) {
        folder = folder.parent_path();
    }
    return cannot_fill(folder.empty() ? "." : folder.string());
}

// 0, or the errno why this process cannot bind there. The port matters only if it is privileged; a
// port in use is no mistake.
int cannot_bind(const Endpoint& at) {
    Endpoint tried = at;
    if (tried.port >= kFirstOrdinaryPort) tried.port = 0;
    const auto address = transport::to_socket_address(tried, transport::family_of(tried));
    if (!address) return EAFNOSUPPORT;
    const OwnedFd socket{::socket(address->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (socket.get() < 0) return errno;
    if (::bind(socket.get(), &address->any, address->size()) == 0) return 0;
    return errno == EADDRINUSE ? 0 : errno;
}

bool overlap(const Endpoint& a, const Endpoint& b) {
    if (a.port == 0 || a.port != b.port) return false;
    // [::] accepts IPv4 as well.
    const auto takes = [](const Endpoint& any, const Endpoint& other) {
        return any.is_unspecified() && (!any.is_v4() || other.is_v4());
    };
    return a.to_wire() == b.to_wire() || takes(a, b) || takes(b, a);
}

class HostCheck {
public:
    explicit HostCheck(const Settings& settings) : settings_{settings}, bind_{settings.bind} {}

    std::vector<ConfigError> run() {
        gossip();
        control();
        files();
        return std::move(missing_);
    }

private:
    void miss(std::string field, std::string value, const std::string& allowed, int error) {
        missing_.push_back(
            {std::move(field), std::move(value), allowed + " (" + in_words(error) + ")"});
    }

    // A name that did not resolve, which was reported already.
    [[nodiscard]] bool is_unknown(std::string_view field, std::size_t index) const {
        return std::ranges::any_of(settings_.names, [&](const ListenName& name) {
            return name.field == field && name.index == index;
        });
    }

    void gossip() {
        if (!settings_.interface.empty()) {
            const auto bind =
                bind_on_interface(settings_.interface, settings_.bind, host_addresses());
            if (!bind) {
                missing_.push_back(bind.error());
                return;
            }
            bind_ = *bind;
        }
        if (is_unknown("bind", 0)) return;
        if (const int error = cannot_bind(bind_); error != 0) {
            miss("bind", bind_.to_string(), "an address and port that can be bound on this host",
                 error);
        }
    }

    struct ServerAddress {
        std::string field;
        std::size_t index = 0;
        RpcAddress address;
        std::string clash;  // what is allowed if another one uses its port
    };
    // The control addresses, then the HTTP address, unless it is the default: that may be in use.
    [[nodiscard]] std::vector<ServerAddress> server_addresses() const {
        std::vector<ServerAddress> all;
        for (std::size_t i = 0; i < settings_.rpc_addr.size(); ++i) {
            all.push_back({"rpc_addr", i, settings_.rpc_addr[i],
                           "a port that neither gossip nor another address uses"});
        }
        if (settings_.http_addr && !settings_.http_addr_is_default) {
            all.push_back({"http_addr", 0, *settings_.http_addr,
                           "a port that neither gossip nor a control address uses"});
        }
        return all;
    }

    void control() {
        std::vector<Endpoint> taken{bind_};
        for (const ServerAddress& server : server_addresses()) {
            if (is_unknown(server.field, server.index)) continue;
            if (const auto* const at = std::get_if<UnixAddress>(&server.address)) {
                by_file(server.field, *at);
                continue;
            }
            const Endpoint& at = *endpoint_of(server.address);
            bool clashes = false;
            for (const Endpoint& other : taken) clashes = clashes || overlap(at, other);
            if (clashes) {
                missing_.push_back({server.field, at.to_string(), server.clash});
            } else if (const int error = cannot_bind(at); error != 0) {
                miss(server.field, at.to_string(),
                     "an address and port that can be bound on this host", error);
            }
            taken.push_back(at);
        }
    }

    void by_file(const std::string& field, const UnixAddress& at) {
        const std::string folder = std::filesystem::path{at.path}.parent_path().string();
        if (const int error = cannot_fill(folder); error != 0) {
            return miss(field, to_string(RpcAddress{at}),
                        "a path in a folder in which this user can create files", error);
        }
        struct stat found {};
        if (::lstat(at.path.c_str(), &found) == 0 && !S_ISSOCK(found.st_mode)) {
            missing_.push_back({field, to_string(RpcAddress{at}),
                                "a path that is free or a socket (there is a file that is no "
                                "socket; it stays)"});
        }
    }

    void files() {
        if (!settings_.snapshot.empty()) {
            const auto file = SnapshotFile::open(settings_.snapshot);
            if (!file) {
                missing_.push_back(
                    {"snapshot", settings_.snapshot, "a readable file (" + file.error().why + ")"});
            }
        }
        if (settings_.log_file.empty()) return;
        if (const int error = cannot_append(settings_.log_file); error != 0) {
            miss("log_file", settings_.log_file, "a file that can be written", error);
        }
    }

    const Settings& settings_;
    Endpoint bind_;
    std::vector<ConfigError> missing_;
};

}  // namespace

std::vector<ConfigError> host_mistakes(const Settings& settings) {
    return HostCheck{settings}.run();
}

}  // namespace rollcall::agent
