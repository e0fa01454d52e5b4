// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cctype>
#include <msgpack.hpp>

#include "agent/control/command.h"
#include "rpc/member_filter.h"
#include "rpc/rtt.h"

namespace rollcall::agent {
namespace {

// In a time that does not depend on where the two differ, nor on the length of the wanted token.
bool same_token(std::string_view given, std::string_view wanted) {
    std::size_t difference = given.size() ^ wanted.size();
    for (std::size_t i = 0; i < given.size(); ++i) {
        const char other = wanted.empty() ? '\0' : wanted[i % wanted.size()];
        difference |= static_cast<unsigned char>(given[i] ^ other);
    }
    return difference == 0;
}

std::string upper_case(std::string_view text) {
    std::string upper{text.substr(0, 64)};
    for (char& c : upper) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return upper;
}

}  // namespace

const RpcSession::Command* RpcSession::find_command(std::string_view name) {
    using S = RpcSession;
    static constexpr std::array commands{
        Command{"handshake", true, true, &S::on_handshake},
        Command{"auth", true, true, &S::on_auth},
        Command{"members", false, false, &S::on_members},
        Command{"members-filtered", true, false, &S::on_members_filtered},
        Command{"join", true, false, &S::on_join},
        Command{"leave", false, false, &S::on_leave},
        Command{"force-leave", true, false, &S::on_force_leave},
        Command{"stats", false, false, &S::on_stats},
        Command{"tags", true, false, &S::on_tags},
        Command{"stream", true, false, &S::on_stream},
        Command{"monitor", true, false, &S::on_monitor},
        Command{"stop", true, false, &S::on_stop},
        Command{"event", true, false, &S::on_event},
        Command{"query", true, false, &S::on_query},
        Command{"respond", true, false, &S::on_respond},
        Command{"install-key", true, false, &S::on_install_key},
        Command{"use-key", true, false, &S::on_use_key},
        Command{"remove-key", true, false, &S::on_remove_key},
        Command{"list-keys", false, false, &S::on_list_keys},
        Command{"key-table", false, false, &S::on_key_table},
        Command{"get-coordinate", true, false, &S::on_get_coordinate},
    };
    const auto found = std::ranges::find(commands, name, &Command::name);
    return found == commands.end() ? nullptr : &*found;
}

// The callback of a slow command. It may run inside the call.
Control::Done RpcSession::reply_later(std::uint64_t seq) {
    busy_ = true;
    return [this, seq, alive = std::weak_ptr{alive_}](const std::string& error) {
        if (alive.expired()) return;
        busy_ = false;
        reply(seq, error, late_);
        parts_.wake();
    };
}

void RpcSession::on_handshake(std::uint64_t seq, const msgpack::object& body, std::string& out) {
    const auto request = decoded<rpc::HandshakeRequest>(body);
    if (!request) return;
    if (request->version != rpc::kVersion) return reply(seq, "Unsupported IPC version", out);
    if (version_ != 0) return reply(seq, "Handshake already performed", out);
    version_ = request->version;
    reply(seq, "", out);
}

void RpcSession::on_auth(std::uint64_t seq, const msgpack::object& body, std::string& out) {
    const auto request = decoded<rpc::AuthRequest>(body);
    if (!request) return;
    if (!same_token(request->auth_key, parts_.token)) {
        ++parts_.stats.bad_tokens;
        parts_.complain("rpc-bad-token", parts_.peer + " sent a wrong token");
        return reply(seq, "Invalid authentication token", out);
    }
    authenticated_ = true;
    reply(seq, "", out);
}

void RpcSession::on_members(std::uint64_t seq, const msgpack::object&, std::string& out) {
    send_members(seq, parts_.control.members(), out);
}

void RpcSession::on_members_filtered(std::uint64_t seq, const msgpack::object& body,
                                     std::string& out) {
    const auto request = decoded<rpc::MembersFilteredRequest>(body);
    if (!request) return;
    const auto filter = MemberFilter::compile(*request);
    if (!filter) return broken("has a bad regular expression");
    auto members = parts_.control.members();
    std::erase_if(members, [&](const serf::MemberRecord& m) { return !filter->wants(m); });
    send_members(seq, std::move(members), out);
}

// A copy of the list, since it is written in slices.
void RpcSession::send_members(std::uint64_t seq, std::vector<serf::MemberRecord> members,
                              std::string& out) {
    reply(seq, "", out);
    rpc::append_members_response_head(out, static_cast<std::uint32_t>(members.size()));
    body_ = [members = std::move(members), slice = parts_.limits.members_per_slice,
             at = std::size_t{0}](std::string& to) mutable {
        const std::size_t end = std::min(members.size(), at + slice);
        for (; at < end; ++at) rpc::append(to, to_rpc(members[at]));
        return at == members.size();
    };
}

void RpcSession::on_join(std::uint64_t seq, const msgpack::object& body, std::string&) {
    auto request = decoded<rpc::JoinRequest>(body);
    if (!request) return;
    busy_ = true;
    parts_.control.join(
        std::move(request->existing), request->replay,
        [this, seq, alive = std::weak_ptr{alive_}](unsigned contacted, const std::string& error) {
            if (alive.expired()) return;
            busy_ = false;
            reply(seq, error, late_);
            rpc::append(late_, rpc::JoinResponse{.num = static_cast<std::int32_t>(contacted)});
            parts_.wake();
        });
}

void RpcSession::on_leave(std::uint64_t seq, const msgpack::object&, std::string&) {
    parts_.control.leave(reply_later(seq));
}

void RpcSession::on_force_leave(std::uint64_t seq, const msgpack::object& body, std::string&) {
    auto request = decoded<rpc::ForceLeaveRequest>(body);
    if (!request) return;
    parts_.control.force_leave(std::move(request->node), request->prune, reply_later(seq));
}

void RpcSession::on_stats(std::uint64_t seq, const msgpack::object&, std::string& out) {
    reply(seq, "", out);
    rpc::append(out, parts_.control.stats());
}

void RpcSession::on_get_coordinate(std::uint64_t seq, const msgpack::object& body,
                                   std::string& out) {
    const auto request = decoded<rpc::GetCoordinateRequest>(body);
    if (!request) return;
    const auto found = parts_.control.coordinate_of(request->node);
    reply(seq, found ? "" : found.error(), out);
    rpc::GetCoordinateResponse response;  // clients of Serf read it even after an error
    if (found && *found) response = {.coord = to_rpc(**found), .ok = true};
    rpc::append(out, response);
}

void RpcSession::on_tags(std::uint64_t seq, const msgpack::object& body, std::string&) {
    auto request = decoded<rpc::TagsRequest>(body);
    if (!request) return;
    serf::Tags tags = parts_.control.tags();
    for (const std::string& key : request->delete_tags) tags.erase(key);
    for (auto& [key, value] : request->tags) tags.insert_or_assign(key, std::move(value));
    parts_.control.set_tags(std::move(tags), reply_later(seq));
}

void RpcSession::on_stream(std::uint64_t seq, const msgpack::object& body, std::string& out) {
    const auto request = decoded<rpc::StreamRequest>(body);
    if (!request) return;
    auto filter = EventFilter::parse(request->type);
    if (!filter) return reply(seq, "Invalid event filter", out);
    if (std::ranges::any_of(streams_, [&](const Stream& s) { return s.outlet.seq == seq; })) {
        return reply(seq, "Stream with given sequence exists", out);
    }
    if (streams_.size() >= parts_.limits.streams_per_client) {
        return reply(seq,
                     "Too many streams: at most " +
                         std::to_string(parts_.limits.streams_per_client) + " per connection",
                     out);
    }
    streams_.push_back({.outlet = {.seq = seq, .queue = RecordQueue{parts_.limits.stream_records}},
                        .filter = std::move(*filter)});
    reply(seq, "", out);
}

void RpcSession::on_monitor(std::uint64_t seq, const msgpack::object& body, std::string& out) {
    const auto request = decoded<rpc::MonitorRequest>(body);
    if (!request) return;
    const auto level = parse_level(request->log_level);
    if (!level) return reply(seq, "Unknown log level: " + upper_case(request->log_level), out);
    if (monitor_) return reply(seq, "Monitor already exists", out);
    reply(seq, "", out);

    const auto enqueue = [this](const LogLine& line) {
        queue_record(monitor_->outlet, std::make_shared<const std::string>(
                                           rpc::encode(rpc::LogRecord{.log = line.text})));
    };
    monitor_.emplace(
        Monitor{.outlet = {.seq = seq, .queue = RecordQueue{parts_.limits.stream_records}}});
    for (const LogLine& line : parts_.log.recent()) {
        if (line.level >= *level) enqueue(line);
    }
    monitor_->subscription = parts_.log.subscribe(*level, [this, enqueue](const LogLine& line) {
        enqueue(line);
        parts_.wake();
    });
}

void RpcSession::on_stop(std::uint64_t seq, const msgpack::object& body, std::string& out) {
    const auto request = decoded<rpc::StopRequest>(body);
    if (!request) return;
    std::erase_if(streams_, [&](const Stream& s) { return s.outlet.seq == request->stop; });
    if (monitor_ && monitor_->outlet.seq == request->stop) {
        parts_.log.unsubscribe(monitor_->subscription);
        monitor_.reset();
    }
    reply(seq, "", out);
}

}  // namespace rollcall::agent
