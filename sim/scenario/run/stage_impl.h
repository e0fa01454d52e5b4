// SPDX-License-Identifier: Apache-2.0
//
// The bodies of Stage's steps, included only by stage.cpp, which instantiates them for each core.
#pragma once

#include <cmath>
#include <utility>

#include "sim/scenario/run/stage.h"
#include "wire/base64.h"

namespace rollcall::sim {

inline constexpr Duration kKeyringWrite = std::chrono::milliseconds{5};
inline constexpr Duration kPausedLook = std::chrono::milliseconds{20};

template <class Core>
std::vector<std::string> Stage<Core>::names(const Nodes& who) const {
    std::vector<std::string> list;
    list.reserve(who.size());
    for (const std::uint32_t n : who) list.push_back(name(n));
    return list;
}

// --- processes
// ---------------------------------------------------------------------------------------

template <class Core>
void Stage<Core>::apply(const action::Crash& a) {
    for (const std::uint32_t n : a.who) {
        if (!running(n) && !cluster_->network().powered(host(n))) continue;
        ++standing(n).life;
        at(n).crash();
    }
}

template <class Core>
void Stage<Core>::apply(const action::Kill& a) {
    each_running(a.who, [&](std::uint32_t n) {
        ++standing(n).life;
        at(n).kill();
    });
}

template <class Core>
void Stage<Core>::apply(const action::Start& a) {
    for (const std::uint32_t n : a.who) {
        if (!running(n)) start(n);
    }
}

template <class Core>
void Stage<Core>::apply(const action::Restart& a) {
    for (const std::uint32_t n : a.who) {
        if (running(n)) at(n).kill();
        hand_keys(n);
        const std::string new_name =
            a.new_name ? renamed("n" + std::to_string(n), ++standing(n).renamed) : std::string{};
        if (!new_name.empty()) {
            CoreTraits<Core>::membership_of(at(n).config()).name = new_name;
        }
        const bool takes = a.address_of != 0 && a.address_of != n &&
                           cluster_->network().port_at(endpoint(a.address_of)) == nullptr;
        if (takes) {
            at(n).restart_at(host(a.address_of), endpoint(a.address_of).to_wire());
        } else if (a.new_address) {
            cluster_->move_and_restart(name(n));
        }
        start(n);
    }
}

template <class Core>
void Stage<Core>::apply(const action::Readdress& a) {
    each_running(a.who, [&](std::uint32_t n) { cluster_->change_address(name(n)); });
}

// Starts the process on its host and joins. If its address was taken meanwhile, it starts on
// another host.
template <class Core>
void Stage<Core>::start(std::uint32_t n) {
    Standing& s = standing(n);
    ++s.life;
    s.leave_requested = s.leave_finished = s.left = false;
    if (!running(n)) {
        hand_keys(n);
        if (cluster_->network().port_at(endpoint(n)) == nullptr) {
            at(n).start();
        } else {
            cluster_->move_and_restart(name(n));
        }
    }
    join_any(n);
}

// Through the lowest number that it reaches, as if all were its seeds.
template <class Core>
void Stage<Core>::join_any(std::uint32_t n) {
    for (std::uint32_t via = 1; via <= nodes(); ++via) {
        if (via == n || !running(via) || paused(via)) continue;
        if (!connected(n, via) || !connected(via, n)) continue;
        if (!paused(n) && !core(n).leaving()) at(n).join(endpoint(via));
        break;
    }
    cluster_->after(kJoinAgain, [this, n, life = standing(n).life] {
        if (life != standing(n).life || !running(n) || core(n).alive_count() > 1) return;
        join_any(n);
    });
}

template <class Core>
void Stage<Core>::apply(const action::Join& a) {
    each_running(a.who, [&](std::uint32_t n) {
        if (n != a.via && !paused(n) && !core(n).leaving()) at(n).join(endpoint(a.via));
    });
}

template <class Core>
void Stage<Core>::apply(const action::Leave& a) {
    each_running(a.who, [&](std::uint32_t n) {
        Standing& s = standing(n);
        if (s.leave_requested || paused(n)) return;
        s.leave_requested = true;
        at(n).leave();
        end_after_leave(n, s.life);
    });
}

// The agent ends when its leave is over, and is not started again.
template <class Core>
void Stage<Core>::end_after_leave(std::uint32_t n, std::uint64_t life) {
    constexpr Duration kLook = std::chrono::milliseconds{20};
    Standing& s = standing(n);
    if (life != s.life || !running(n)) return;
    if (has_left(at(n).core(), s.leave_finished)) {
        s.left = true;
        ++s.life;
        at(n).kill();
        return;
    }
    cluster_->after(kLook, [this, n, life] { end_after_leave(n, life); });
}

template <class Core>
void Stage<Core>::apply(const action::UpdateMeta& a) {
    each_running(a.who, [&](std::uint32_t n) {
        if (paused(n) || core(n).leaving()) return;
        const std::string news = "update " + std::to_string(++standing(n).updates);
        at(n).command([&](Core& core, Time now, typename Process::Outbox& out) {
            announce(core, now, news, out);
        });
    });
}

// Each message is different: duplicates are not delivered.
template <class Core>
void Stage<Core>::apply(const action::SendEvent& a) {
    each_running(a.who, [&](std::uint32_t n) {
        if (paused(n) || core(n).leaving()) return;
        const std::string what =
            "event " + std::to_string(++standing(n).messages) + " of " + name(n);
        at(n).command([&](Core& core, Time now, typename Process::Outbox& out) {
            send_event(core, now, what, out);
        });
    });
}

template <class Core>
void Stage<Core>::apply(const action::SendQuery& a) {
    each_running(a.who, [&](std::uint32_t n) {
        if (paused(n) || core(n).leaving()) return;
        const std::string what =
            "query " + std::to_string(++standing(n).messages) + " of " + name(n);
        at(n).command([&](Core& core, Time now, typename Process::Outbox& out) {
            send_query(core, now, what, out);
        });
    });
}

// --- keys ----------------------------------------------------------------------------------------

template <class Core>
std::vector<wire::Keyring::Key> Stage<Core>::keys() const {
    std::vector<wire::Keyring::Key> all;
    for (unsigned number = 1; scenario_.encrypted && number <= kMostKeys; ++number) {
        all.push_back(key(number));
    }
    return all;
}

template <class Core>
void Stage<Core>::apply(const action::RotateKeys& a) {
    if (rotating()) return;
    for (const std::uint32_t n : a.who) {
        if (!running(n) || paused(n) || core(n).leaving()) continue;
        at(n).log().note("rotates the keys to number " + std::to_string(a.key));
        rotation_ = Rotation{.node = n,
                             .life = life(n),
                             .keys = KeyOperator{{.new_key = wire::to_base64(key(a.key)),
                                                  .without_failed = a.without_failed}}};
        return continue_rotation();
    }
}

// A rotation ends with the process that it uses.
template <class Core>
bool Stage<Core>::rotating() const {
    return rotation_ && rotation_->life == life(rotation_->node) && !rotation_->keys.over();
}

template <class Core>
void Stage<Core>::continue_rotation() {
    const std::uint32_t n = rotation_->node;
    KeyOperator& operating = rotation_->keys;
    if (operating.over()) {
        at(n).log().note("rotation of the keys " + operating.status());
        for (std::uint32_t other = 1; other <= nodes(); ++other) {
            if (operating.reached(name(other))) standing(other).given_up = false;
        }
        return;
    }
    if (!rotating()) return;
    if (paused(n)) return cluster_->after(kPausedLook, [this] { continue_rotation(); });
    for (std::uint32_t other = 1; other <= nodes(); ++other) {
        if (given_up(other) || !operating.gives_up(name(other))) continue;
        standing(other).given_up = true;
        at(other).log().note("is left out of the rotation by " + name(n));
    }
    at(n).command([&](Core& core, Time now, typename Process::Outbox& out) {
        operating.proceed(core, now, out);
    });
}

// As an agent writes its keyring file: off the loop, and confirmed afterwards.
template <class Core>
void Stage<Core>::save_keyring(std::uint32_t n, std::uint64_t change) {
    const auto now = core(n).keyring().keys();
    cluster_->after(kKeyringWrite,
                    [this, n, life = life(n), change,
                     keys = std::vector<wire::Keyring::Key>{now.begin(), now.end()}] {
                        if (life != this->life(n)) return;
                        at(n).save_keys(keys);
                        confirm_keyring(n, life, change);
                    });
}

template <class Core>
void Stage<Core>::confirm_keyring(std::uint32_t n, std::uint64_t life, std::uint64_t change) {
    if (life != this->life(n)) return;
    if (paused(n)) {
        return cluster_->after(kPausedLook, [=, this] { confirm_keyring(n, life, change); });
    }
    at(n).command([&](Core& core, Time now, typename Process::Outbox& out) {
        keyring_saved(core, now, change, out);
    });
}

// Nodes that a rotation did not wait for are restarted with the keys of the first member that they
// reach, or with their old keys if they reach none.
template <class Core>
void Stage<Core>::hand_keys(std::uint32_t n) {
    if (!given_up(n)) return;
    for (std::uint32_t via = 1; via <= nodes(); ++via) {
        if (via == n || !running(via) || given_up(via)) continue;
        if (!connected(n, via) || !connected(via, n)) continue;
        const auto keys = core(via).keyring().keys();
        at(n).save_keys({keys.begin(), keys.end()});
        standing(n).given_up = false;
        return;
    }
}

// Running nodes with current keys. If all were given up, the keys of the lowest number count.
template <class Core>
void Stage<Core>::restart_given_up() {
    Nodes strangers;
    bool others = false;
    for (std::uint32_t n = 1; n <= nodes(); ++n) {
        if (!running(n)) continue;
        others = others || !given_up(n);
        if (given_up(n)) strangers.push_back(n);
    }
    if (!others && !strangers.empty()) {
        standing(strangers.front()).given_up = false;
        strangers.erase(strangers.begin());
    }
    if (!strangers.empty()) carry_out({.at = now(), .what = action::Restart{.who = strangers}});
}

// --- slow, paused and blocked processes
// ----------------------------------------------------------------------------------

template <class Core>
void Stage<Core>::apply(const action::Pause& a) {
    each_running(a.who, [&](std::uint32_t n) {
        if (!paused(n)) at(n).pause();
    });
}

template <class Core>
void Stage<Core>::apply(const action::Resume& a) {
    each_running(a.who, [&](std::uint32_t n) {
        if (paused(n)) at(n).resume();
    });
}

template <class Core>
void Stage<Core>::apply(const action::Slow& a) {
    for (const std::uint32_t n : a.who) {
        standing(n).hindered = true;
        at(n).input().set_service_time(*Latency::constant(a.service_time));
    }
}

template <class Core>
void Stage<Core>::apply(const action::Block& a) {
    for (const std::uint32_t n : a.who) {
        Standing& s = standing(n);
        s.hindered = true;
        const std::uint64_t blocking = ++s.blocking;
        if (at(n).output().blocked()) at(n).unblock();
        if (a.blocked > Duration{}) block_repeatedly(n, blocking, a, true);
    }
}

// A process that ended meanwhile is not blocked; the next one is.
template <class Core>
void Stage<Core>::block_repeatedly(std::uint32_t n, std::uint64_t blocking, action::Block how,
                                   bool now) {
    if (standing(n).blocking != blocking) return;
    if (now && running(n) && !at(n).output().blocked()) at(n).block();
    if (!now && at(n).output().blocked()) at(n).unblock();
    const Duration next = now ? how.blocked : how.running;
    if (next == Duration{}) return;
    cluster_->after(next,
                    [this, n, blocking, how, now] { block_repeatedly(n, blocking, how, !now); });
}

template <class Core>
void Stage<Core>::apply(const action::Drift& a) {
    for (const std::uint32_t n : a.who) {
        standing(n).hindered = true;
        at(n).clock().set_drift(static_cast<int>(std::lround(a.parts_per_million)));
    }
}

template <class Core>
void Stage<Core>::apply(const action::ClockJump& a) {
    for (const std::uint32_t n : a.who) at(n).clock().jump(a.forward);
}

// --- the network ---------------------------------------------------------------------------------

template <class Core>
void Stage<Core>::apply(const action::Partition& a) {
    std::vector<std::vector<std::string>> groups;
    for (const Nodes& group : a.groups) groups.push_back(names(group));
    cluster_->partition(groups);
}

template <class Core>
void Stage<Core>::apply(const action::Cut& a) {
    cluster_->cut_groups_one_way(names(a.from), names(a.to), a.because);
}

template <class Core>
void Stage<Core>::apply(const action::Mend& a) {
    cluster_->mend_groups_one_way(names(a.from), names(a.to));
}

template <class Core>
void Stage<Core>::apply(const action::SetLinks& a) {
    cluster_->set_links(a.quality);
}

template <class Core>
void Stage<Core>::apply(const action::SetLink& a) {
    for (const std::uint32_t from : a.from) {
        for (const std::uint32_t to : a.to) {
            if (from != to) cluster_->set_link(name(from), name(to), a.quality);
        }
    }
}

template <class Core>
void Stage<Core>::apply(const action::HostLoss& a) {
    for (const std::uint32_t n : a.who) {
        cluster_->set_host_loss(name(n), {.egress = a.egress, .ingress = a.ingress});
    }
}

template <class Core>
void Stage<Core>::apply(const action::Narrow& a) {
    for (const std::uint32_t n : a.who) {
        standing(n).narrow = true;
        cluster_->set_bandwidth(name(n), a.bandwidth);
    }
}

template <class Core>
void Stage<Core>::apply(const action::Heal&) {
    cluster_->heal();
}

}  // namespace rollcall::sim
