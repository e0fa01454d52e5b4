// SPDX-License-Identifier: Apache-2.0
#include "cli/members_watch.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "cli/command.h"
#include "cli/members_screen.h"
#include "cli/output.h"
#include "cli/rpc_session.h"
#include "cli/terminal/screen.h"
#include "cli/terminal/scroll.h"
#include "cli/watching.h"

namespace rollcall::cli {

namespace {

using std::chrono::milliseconds;

constexpr const char* kMemberEvents =
    "member-join,member-leave,member-failed,member-update,member-reap";
// Changes come in bursts: after a change, wait until there was none for this long...
constexpr milliseconds kBurstQuiet{100};
// ...but print the list after at most this many.
constexpr int kBurstRecordsMax = 1000;

// Why the watch ended.
struct End {
    int exit = kExitOk;
    std::optional<Failure> failure;
};

End end_of(const RpcError& error) {
    if (error.kind == RpcError::Kind::interrupted) return {};
    return {kExitError, describe_while_watching("Error watching members", error)};
}

// Serf has no word for a suspect: its status is still "alive".
rpc::Member as_shown(rpc::MemberDetails details) {
    if (details.state == "suspect") details.member.status = details.state;
    return std::move(details.member);
}

Result<std::vector<rpc::Member>, RpcError> request_members(RpcClient& client,
                                                           const MembersWatch& watch,
                                                           bool details) {
    if (!details) {
        auto answer = client.ask<rpc::MembersResponse>("members-filtered", watch.filter);
        if (!answer) return answer.error();
        return std::move(answer->members);
    }
    auto answer = client.ask<rpc::MemberDetailsResponse>("member-details", watch.filter);
    if (!answer) return answer.error();
    std::vector<rpc::Member> members;
    members.reserve(answer->members.size());
    for (rpc::MemberDetails& one : answer->members) {
        members.push_back(as_shown(std::move(one)));
    }
    return members;
}

// Before the first list, so that no change is missed.
std::optional<RpcError> subscribe(RpcClient& client, bool suspicions) {
    if (const auto events = client.stream(kMemberEvents); !events) return events.error();
    if (!suspicions) return std::nullopt;
    const auto journal = client.journal({.last = 1});
    return journal ? std::nullopt : std::optional{journal.error()};
}

// Other records of the journal change nothing in a list, or come as member events, too.
bool is_change(const StreamItem& item) {
    const auto* const line = std::get_if<rpc::JournalLine>(&item);
    return line == nullptr ||
           line->record.find(R"("event":"member-suspected")") != std::string::npos ||
           line->record.find(R"("event":"suspicion-cleared")") != std::string::npos ||
           line->record.find(R"("event":"lagged")") != std::string::npos;
}

// Waits for a change and lets its burst pass. False: woken without a change.
Result<bool, RpcError> await_change(RpcClient& client) {
    while (true) {
        const auto first = client.next_record();
        if (!first) return first.error();
        if (!first->has_value()) return false;
        if (is_change(**first)) break;
    }
    for (int seen = 1; seen < kBurstRecordsMax; ++seen) {
        const auto more = client.next_record(kBurstQuiet);
        if (!more) return more.error();
        if (!more->has_value()) break;
    }
    return true;
}

// --- in a file or a pipe -------------------------------------------------------------------------

End print_lists(const Context& context, RpcClient& client, const MembersWatch& watch) {
    while (true) {
        const auto list = watch.render();
        if (!list) return {kExitError, list.error()};
        const std::string text = watch.json ? one_line(*list) : *list + '\n';
        if (const auto code = answer_part(context, text)) return {*code, {}};
        if (const auto change = await_change(client); !change) return end_of(change.error());
    }
}

// --- on a terminal -------------------------------------------------------------------------------

class MembersOnScreen {
public:
    MembersOnScreen(const Context& context, RpcClient& client, const MembersWatch& watch,
                    AgentIdentity agent)
        : context_{context},
          client_{client},
          watch_{watch},
          agent_{std::move(agent)},
          screen_{context.out} {
        client_.wake_on(Screen::wake_descriptor());
        client_.wake_on(screen_.key_descriptor());
    }

    End run() {
        while (true) {
            if (auto end = request()) return *end;
            for (bool changed = false; !changed;) {
                if (!draw()) return {kExitError, Failure{"Error writing to the terminal", ""}};
                const auto change = await_change(client_);
                if (!change) return end_of(change.error());
                changed = *change;
                if (!handle_keys()) return {};
            }
        }
    }

private:
    std::optional<End> request() {
        auto members = request_members(client_, watch_, agent_.rollcall);
        if (!members) return end_of(members.error());
        members_ = std::move(*members);
        sort_problems_first(members_);
        time_ = clock_text();
        return std::nullopt;
    }

    bool draw() {
        Screen::take_wakes();
        if (const auto size = window_size(context_.out)) size_ = *size;
        scroll_.first = std::min(scroll_.first, last_page(members_.size(), size_));
        return screen_.draw(members_screen(members_, {.size = size_,
                                                      .first = scroll_.first,
                                                      .colour = context_.colour,
                                                      .agent = agent_.name,
                                                      .time = time_}));
    }

    // False: quit.
    bool handle_keys() {
        while (const auto key = screen_.next_key()) {
            if (*key == Key::quit) return false;
            scroll_.handle(*key, members_per_page(size_), last_page(members_.size(), size_));
        }
        return true;
    }

    const Context& context_;
    RpcClient& client_;
    const MembersWatch& watch_;
    AgentIdentity agent_;  // of a rollcall agent suspects are shown
    Screen screen_;
    WindowSize size_{80, 24};
    std::vector<rpc::Member> members_;
    std::string time_;
    Scroll scroll_;
};

}  // namespace

int watch_members(const Context& context, RpcClient& client, const MembersWatch& watch) {
    client.catch_interrupt();
    const bool on_screen = !watch.json && has_screen(context);
    AgentIdentity agent;
    if (on_screen) {
        if (auto identity = identify(client)) agent = std::move(*identity);
    }
    End end;
    if (const auto error = subscribe(client, watch.suspicions || agent.rollcall)) {
        end = {kExitError, describe("Error starting stream", *error)};
    } else if (on_screen) {
        end = MembersOnScreen{context, client, watch, std::move(agent)}.run();
    } else {
        end = print_lists(context, client, watch);
    }
    // The screen is gone by now, so the error is seen.
    return end.failure ? fail(context, *end.failure, watch.json) : end.exit;
}

}  // namespace rollcall::cli
