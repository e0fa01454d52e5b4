// SPDX-License-Identifier: Apache-2.0
#include "agent/tls_front/tls_front.h"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <system_error>
#include <utility>

#include "agent/host/listening_socket.h"
#include "transport/clock.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kTlsComponent = "tls";
// Of nice(2): about a tenth of the weight of the loop's thread.
constexpr int kNice = 10;

// Signals are for the loop's thread; a thread inherits the mask of its maker.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

}  // namespace

TlsFront::TlsFront(Parts parts) : parts_{std::move(parts)} {
    static_cast<void>(waker_.init(parts_.loop, [this] { look(); }));
    mailbox_ = std::make_unique<FrontMailbox>(parts_.credentials, waker_.from_any_thread());
    front_ = std::make_unique<FrontLoop>(*mailbox_, parts_.limits);
}

TlsFront::~TlsFront() {
    end_thread({});
    if (thread_.joinable()) thread_.join();
}

Result<Endpoint, std::string> TlsFront::listen(Service service, const Endpoint& at) {
    auto listening = listen_on(at, kFrontBacklog);
    const std::string name = "tls:" + at.to_string() + ": ";
    if (!listening) return name + std::generic_category().message(listening.error());
    if (const int error = front_->add(service, std::move(listening->socket)); error != 0) {
        return name + uv_strerror(error);
    }
    return listening->bound;
}

std::optional<std::string> TlsFront::begin() {
    const SignalsBlocked blocked;
    try {
        thread_ = std::thread{[front = front_.get()] {
            // On Linux this is of the thread, not of the process.
            static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice));
            front->run();
        }};
    } catch (const std::system_error& error) {
        return std::string{"TLS: no thread: "} + error.what();
    }
    return {};
}

void TlsFront::use(std::shared_ptr<const tls::Credentials> credentials) {
    if (credentials->not_after() != parts_.credentials->not_after() ||
        credentials->subject() != parts_.credentials->subject()) {
        const std::string until = utc_text(credentials->not_after());
        parts_.log.write(Level::info, kTlsComponent, "tls-certificate",
                         "new clients get the certificate of " + credentials->subject() +
                             ", valid until " + until,
                         {{"subject", credentials->subject()}, {"valid_until", until}});
    }
    parts_.credentials = credentials;
    mailbox_->use(std::move(credentials));
}

void TlsFront::look() {
    FrontMailbox::Content content = mailbox_->take();
    for (FrontMailbox::Arrived& client : content.arrived) parts_.arrived(std::move(client));
    if (content.refusals) {
        refusals_held_ += content.refusals->count;
        if (complaints_.pass(transport::clock_now())) {
            const std::uint64_t more = std::exchange(refusals_held_, 0) - 1;
            std::string text = content.refusals->from.to_string() +
                               " did not get through the handshake: " + content.refusals->why;
            if (more > 0) text += " (and " + std::to_string(more) + " more)";
            parts_.log.write(Level::warn, kTlsComponent, "tls-refused", text,
                             {{"address", content.refusals->from.to_string()}});
        }
    }
    if (!content.ended) return;
    thread_.join();
    waker_.close(std::exchange(closed_, {}));
}

void TlsFront::end_thread(Duration limit) {
    if (!thread_.joinable() || std::exchange(ending_, true)) return;
    mailbox_->end_within(limit);
    front_->wake();
}

void TlsFront::close(Duration limit, std::function<void()> closed) {
    if (!thread_.joinable()) return waker_.close(closed);
    closed_ = std::move(closed);
    end_thread(limit);
}

}  // namespace rollcall::agent
