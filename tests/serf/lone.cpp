// SPDX-License-Identifier: Apache-2.0
#include "serf/lone.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "serf/tags.h"
#include "wire/compound.h"

namespace rollcall::serf {
namespace {

Config lone_config(const Lone::Tweak& tweak) {
    Config config;
    config.membership = membership::Config::lan();
    config.membership.name = "a";
    config.membership.address = WireAddress::v4(127, 0, 0, 1);
    config.membership.port = 7946;
    config.membership.layers.compress = false;
    if (tweak) tweak(config);
    EXPECT_FALSE(config.validate());
    return config;
}

template <class Encode>
Buffer packed(Encode&& encode) {
    Buffer room(70000);
    ByteWriter out{room};
    encode(out);
    EXPECT_FALSE(out.failed());
    room.resize(out.size());
    return room;
}

bool about_a(const MemberEvent& event) {
    return event.member.name == "a";
}

}  // namespace

Lone::Lone(const Tweak& tweak, WorkClock& clock) : serf{lone_config(tweak), entropy, 7, {}, clock} {
    serf.start(now, out);
    drain();
}

void Lone::announce(std::string_view name, const Puppet& puppet, Bytes meta) {
    packet(puppet.endpoint, packed([&](ByteWriter& w) {
               wire::encode(wire::Alive{.node = name,
                                        .incarnation = puppet.incarnation,
                                        .address = puppet.endpoint.to_wire(),
                                        .port = puppet.endpoint.port,
                                        .meta = meta,
                                        .versions = puppet.versions},
                            w);
           }));
}

void Lone::add_member(std::string_view name, std::uint16_t port, const Tags& tags,
                      const wire::Versions& versions) {
    add_member_with(name, port, *encode_tags(tags), versions);
}

void Lone::add_member_with(std::string_view name, std::uint16_t port, Bytes meta,
                           const wire::Versions& versions) {
    auto [puppet, is_new] = puppets_.try_emplace(std::string{name}, Puppet{.endpoint = at(port)});
    if (!is_new) puppet->second.incarnation = puppet->second.incarnation.next();
    puppet->second.answers = true;
    puppet->second.versions = versions;
    announce(name, puppet->second, meta);
}

void Lone::change_tags(std::string_view name, const Tags& tags) {
    add_member(name, puppets_.find(name)->second.endpoint.port, tags);
}

void Lone::declare_dead(std::string_view name, bool by_itself) {
    Puppet& puppet = puppets_.find(name)->second;
    puppet.answers = false;
    packet(puppet.endpoint, packed([&](ByteWriter& w) {
               wire::encode_dead({.node = name,
                                  .incarnation = puppet.incarnation,
                                  .from = by_itself ? name : std::string_view{"other"}},
                                 w);
           }));
}

void Lone::deliver(Bytes message) {
    Buffer bytes{static_cast<std::byte>(wire::MessageType::user)};
    bytes.insert(bytes.end(), message.begin(), message.end());
    packet(at(9999), bytes);
}

void Lone::ping() {
    packet(at(9999), packed([&](ByteWriter& w) {
               wire::encode(wire::Ping{.sequence = SequenceNumber{4711}, .node = "a"}, w);
           }));
}

void Lone::ping_by_name(std::string_view member) {
    const Endpoint from = puppets_.find(member)->second.endpoint;
    packet(from, packed([&](ByteWriter& w) {
               wire::encode(wire::Ping{.sequence = SequenceNumber{4712},
                                       .node = "a",
                                       .source_address = from.to_wire(),
                                       .source_port = from.port,
                                       .source_node = member},
                            w);
           }));
}

void Lone::deliver_together(const std::vector<Buffer>& messages) {
    std::vector<Buffer> whole;
    for (const Buffer& message : messages) {
        whole.push_back({static_cast<std::byte>(wire::MessageType::user)});
        whole.back().insert(whole.back().end(), message.begin(), message.end());
    }
    const std::vector<Bytes> parts{whole.begin(), whole.end()};
    packet(at(9999), packed([&](ByteWriter& w) { wire::put_compound(parts, w); }));
}

Buffer Lone::exchange(const PushPullState& state, bool join) {
    Buffer user_state;
    encode_push_pull_state(state, user_state);
    return exchange_raw(user_state, join);
}

Buffer Lone::exchange_raw(Bytes user_state, bool join) {
    const StreamId id{StreamId::kAcceptedBit | ++streams_};
    Buffer message;
    wire::encode_push_pull({.join = join, .nodes = {}, .user_state = user_state}, message);
    Buffer framed;
    codec_.seal_stream(message, wire::PacketCodec::StreamSide::dialer, framed);
    stream_reply_.clear();
    serf.handle_stream_accepted(now, id, at(9999), out);
    drain();
    serf.handle_stream_data(now, id, framed, out);
    drain();
    serf.handle_stream_closed(now, id, membership::StreamEnd::finished, out);
    drain();
    wire::StreamReader reader{codec_, wire::PacketCodec::StreamSide::dialer};
    if (reader.feed(stream_reply_) != wire::StreamReader::Status::complete) return {};
    const auto* answer = std::get_if<wire::ReceivedPushPull>(&reader.message());
    if (answer == nullptr) return {};
    return {answer->user_state.begin(), answer->user_state.end()};
}

void Lone::packet(Endpoint from, Bytes message) {
    serf.handle_packet(now, from, sealed(message), out);
    drain();
}

// Unchanged unless use_key() was called.
Buffer Lone::sealed(Bytes message) {
    if (codec_.keyring().empty()) return {message.begin(), message.end()};
    Buffer room(wire::kMaxDatagram);
    const Bytes parts[]{message};
    room.resize(codec_.seal(parts, {}, room));
    return room;
}

void Lone::advance(Duration time) {
    const Time end = now + time;
    for (;;) {
        const auto next = serf.next_deadline();
        if (!next || *next > end) break;
        now = std::max(now, *next);
        serf.handle_timeout(now, out);
        drain();
    }
    now = end;
}

// Carries out the Serf's Outbox, and lets the puppets answer its pings until all is quiet.
void Lone::drain() {
    for (;;) {
        const auto reported = out.serf_events();
        events.insert(events.end(), reported.begin(), reported.end());
        out.for_each_send([&](Endpoint to, Bytes bytes) {
            sent_to_ = to;
            codec_.open(bytes, *this);
        });
        out.for_each_stream_action([&](const membership::StreamAction& action, Bytes bytes) {
            if (action.verb != membership::StreamVerb::write) return;
            stream_reply_.insert(stream_reply_.end(), bytes.begin(), bytes.end());
        });
        out.clear();
        if (replies_.empty()) return;
        const auto [from, reply] = std::move(replies_.front());
        replies_.erase(replies_.begin());
        serf.handle_packet(now, from, reply, out);
    }
}

void Lone::message(wire::MessageType type, Bytes body) {
    if (type == wire::MessageType::user) {
        direct_messages.push_back(
            {.when = now, .to = sent_to_, .message = {body.begin(), body.end()}});
    }
    if (type == wire::MessageType::ack) {
        const auto ack = wire::decode_ack(body);
        ASSERT_TRUE(ack);
        const Bytes payload = ack->payload.value_or(Bytes{});
        ack_payloads.emplace_back(payload.begin(), payload.end());
    }
    if (type != wire::MessageType::ping) return;
    const auto ping = wire::decode_ping(body);
    ASSERT_TRUE(ping);
    const auto puppet = puppets_.find(ping->node);
    if (puppet == puppets_.end() || !puppet->second.answers) return;
    const wire::Ack ack{.sequence = ping->sequence, .payload = Bytes{puppet->second.payload}};
    replies_.emplace_back(puppet->second.endpoint,
                          sealed(packed([&](ByteWriter& w) { wire::encode(ack, w); })));
}

void Lone::rejected(wire::DecodeError error) {
    ADD_FAILURE() << "the Serf sent a malformed message: " << wire::to_string(error);
}

std::vector<Buffer> Lone::gossiped() const {
    std::vector<Buffer> different;
    for (const DirectMessage& h : direct_messages) {
        if (std::ranges::find(different, h.message) == different.end()) {
            different.push_back(h.message);
        }
    }
    return different;
}

bool Lone::gossiped(Bytes message) const {
    return times_sent(message) > 0;
}

std::size_t Lone::times_sent(Bytes message) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        direct_messages, [&](const DirectMessage& h) { return same_bytes(h.message, message); }));
}

std::vector<std::string> Lone::story() const {
    std::vector<std::string> lines;
    for (const Event& event : events) {
        const auto* e = std::get_if<MemberEvent>(&event);
        if (e == nullptr || about_a(*e)) continue;
        lines.push_back(std::string{to_string(e->kind)} + " " + e->member.name);
    }
    return lines;
}

}  // namespace rollcall::serf
