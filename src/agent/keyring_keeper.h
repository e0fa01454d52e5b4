// SPDX-License-Identifier: Apache-2.0
//
// Keeps the keyring file as the keyring is. Written off the loop, one time after the other and
// always with the newest keys: changes that come while it is written share the next writing. The
// loop's thread.
#pragma once

#include <uv.h>

#include <functional>
#include <string>
#include <vector>

#include "wire/keyring.h"

namespace rollcall::agent {

class KeyringKeeper {
public:
    // Called for each change once the file holds it, or with why it does not.
    using Saved = std::function<void(std::uint64_t change, const std::string& error)>;

    KeyringKeeper(uv_loop_t& loop, std::string path, Saved saved);
    ~KeyringKeeper();
    KeyringKeeper(const KeyringKeeper&) = delete;
    KeyringKeeper& operator=(const KeyringKeeper&) = delete;

    void save(std::uint64_t change, const wire::Keyring& keyring);
    // `closed` once the last change is on disk; nothing is told of it any more.
    void close(std::function<void()> closed);

private:
    struct Work;
    void begin();
    void finished(const Work& work);

    uv_loop_t& loop_;
    std::string path_;
    Saved saved_;
    std::string content_;                 // the newest
    std::vector<std::uint64_t> waiting_;  // changes that it holds and the file does not
    bool writing_ = false;
    std::function<void()> closed_;
};

}  // namespace rollcall::agent
