// SPDX-License-Identifier: Apache-2.0
//
// A name server that never answers holds the system's resolver, not the program. The resolver is
// replaced for this test program, for one name only.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>

#include "cli/connection.h"

namespace rollcall::cli {
namespace {

constexpr const char* kStuckName = "stuck.invalid";

struct StuckResolver {
    std::mutex mutex;
    std::condition_variable changed;
    bool released = false;
    bool ended = false;
};
StuckResolver& stuck_resolver() {
    static StuckResolver resolver;
    return resolver;
}

}  // namespace
}  // namespace rollcall::cli

// NOLINTNEXTLINE: the system's own name and form.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** found) {
    using namespace rollcall::cli;
    if (name != nullptr && std::strcmp(name, kStuckName) == 0) {
        StuckResolver& resolver = stuck_resolver();
        std::unique_lock lock{resolver.mutex};
        resolver.changed.wait(lock, [&] { return resolver.released; });
        resolver.ended = true;
        resolver.changed.notify_all();
        return EAI_AGAIN;
    }
    static const auto real =
        reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
    return real(name, service, hints, found);
}

namespace rollcall::cli {
namespace {

TEST(StuckResolver, TheConnectionGoesWhileTheLookUpIsStillUnderWay) {
    StuckResolver& resolver = stuck_resolver();
    EXPECT_FALSE(lookup_left_behind());
    {
        Connection connection{[](std::string_view) {}};
        EXPECT_EQ(connection.resolve(kStuckName, 1, std::chrono::milliseconds{20}),
                  "no answer within 20 ms");
    }
    std::unique_lock lock{resolver.mutex};
    EXPECT_FALSE(resolver.ended) << "the destructor waited";
    EXPECT_TRUE(lookup_left_behind());
    resolver.released = true;
    resolver.changed.notify_all();
    resolver.changed.wait(lock, [&] { return resolver.ended; });
}

}  // namespace
}  // namespace rollcall::cli
