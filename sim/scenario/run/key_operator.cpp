// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/run/key_operator.h"

#include <vector>

#include "base/check.h"
#include "wire/base64.h"

namespace rollcall::sim {
namespace {

using KeyStep = serf::KeyRotation::Step;
using KeyObstacle = serf::KeyRotation::Obstacle;

serf::KeyHolders key_holders(const serf::Serf& serf) {
    serf::KeyHolders holders;
    for (const serf::MemberRecord& member : serf.members()) {
        if (member.status == serf::Status::alive) holders.live.insert(member.name);
        if (member.status == serf::Status::failed) holders.failed.insert(member.name);
    }
    return holders;
}

serf::KeyCommand key_command_for(KeyStep step) {
    switch (step) {
        case KeyStep::install:
            return serf::KeyCommand::install;
        case KeyStep::use:
            return serf::KeyCommand::use;
        case KeyStep::remove:
            return serf::KeyCommand::remove;
        case KeyStep::look:
        case KeyStep::done:
        case KeyStep::stopped:
            break;
    }
    return serf::KeyCommand::list;
}

std::string_view obstacle_words(KeyObstacle obstacle) {
    switch (obstacle) {
        case KeyObstacle::no_keys:
            return "no member has keys";
        case KeyObstacle::alone:
            return "it knows no other node";
        case KeyObstacle::not_installed:
            return "not installed everywhere";
        case KeyObstacle::failed_before_use:
            return "not used, since some have failed";
        case KeyObstacle::not_used:
            return "not used everywhere";
        case KeyObstacle::failed_before_removal:
            return "the old keys stay, since some have failed";
        case KeyObstacle::not_removed:
            return "the old keys are not removed everywhere";
    }
    return {};
}

}  // namespace

void KeyOperator::proceed(serf::Serf& serf, Time now, serf::Serf::Outbox& out) {
    ROLLCALL_CHECK(!over());
    const serf::KeyCommand command = key_command_for(rotation_.next());
    std::vector<std::byte> key;
    if (command == serf::KeyCommand::list) {
        holders_ = key_holders(serf);
    } else {
        key = wire::from_base64(rotation_.key()).value_or(key);
    }
    const auto request = serf.key_command(now, command, key, out);
    refused_ = !request;
    if (request) asked_ = *request;
}

bool KeyOperator::on_finished(const serf::KeyCommandFinished& finished) {
    if (over() || finished.request != asked_) return false;
    asked_.reset();
    if (finished.command == serf::KeyCommand::list) {
        rotation_.looked(holders_, serf::KeyView::of(finished.nodes, finished.answers));
    } else {
        rotation_.changed(finished.error().empty());
    }
    return true;
}

bool KeyOperator::gives_up(std::string_view name) const {
    if (rotation_.next() != KeyStep::use && rotation_.next() != KeyStep::remove) return false;
    const std::string who{name};
    return !holders_.live.contains(who) && (without_failed_ || !holders_.failed.contains(who));
}

bool KeyOperator::reached(std::string_view name) const {
    return rotation_.next() == KeyStep::done && holders_.live.contains(std::string{name});
}

std::string KeyOperator::status() const {
    if (refused_) return "not asked any more";
    if (rotation_.next() == KeyStep::done) return "done";
    if (rotation_.next() != KeyStep::stopped) return "under way";
    std::string text = "stopped: " + std::string{obstacle_words(rotation_.obstacle())};
    for (const std::string& name : rotation_.who()) text += " " + name;
    return text;
}

}  // namespace rollcall::sim
