// SPDX-License-Identifier: Apache-2.0
#include "agent/keyring_keeper.h"

#include <memory>
#include <utility>

#include "agent/atomic_file.h"
#include "agent/keyring_file.h"
#include "base/check.h"

namespace rollcall::agent {
namespace {

constexpr mode_t kOwnerOnly = 0600;

}  // namespace

struct KeyringKeeper::Work {
    uv_work_t request{};
    KeyringKeeper* owner = nullptr;
    std::string path, content, error;
    std::vector<std::uint64_t> changes;
};

KeyringKeeper::KeyringKeeper(uv_loop_t& loop, std::string path, Saved saved)
    : loop_{loop}, path_{std::move(path)}, saved_{std::move(saved)} {}

// The thread that writes comes back to us: close() has to be waited for.
KeyringKeeper::~KeyringKeeper() {
    ROLLCALL_CHECK(!writing_);
}

void KeyringKeeper::save(std::uint64_t change, const wire::Keyring& keyring) {
    content_ = keyring_text(keyring);
    waiting_.push_back(change);
    if (!writing_) begin();
}

void KeyringKeeper::close(std::function<void()> closed) {
    saved_ = nullptr;
    closed_ = std::move(closed);
    if (!writing_ && closed_) std::exchange(closed_, {})();
}

void KeyringKeeper::begin() {
    auto work = std::make_unique<Work>();
    work->request.data = work.get();
    work->owner = this;
    work->path = path_;
    work->content = content_;
    work->changes = std::exchange(waiting_, {});
    writing_ = true;
    const int error = uv_queue_work(
        &loop_, &work->request,
        [](uv_work_t* request) {
            auto& job = *static_cast<Work*>(request->data);
            job.error = replace_file(job.path, job.content, kOwnerOnly);
        },
        [](uv_work_t* request, int) {
            const std::unique_ptr<Work> done{static_cast<Work*>(request->data)};
            done->owner->finished(*done);
        });
    if (error == 0) {
        static_cast<void>(work.release());  // the callback frees it
        return;
    }
    work->error = uv_strerror(error);
    finished(*work);
}

void KeyringKeeper::finished(const Work& work) {
    writing_ = false;
    for (const std::uint64_t change : work.changes) {
        if (saved_) saved_(change, work.error);
    }
    if (!waiting_.empty() && !writing_) return begin();
    if (closed_ && !writing_) std::exchange(closed_, {})();
}

}  // namespace rollcall::agent
