// SPDX-License-Identifier: Apache-2.0
#include "lone_node.h"

#include <gtest/gtest.h>

namespace rollcall::membership {
namespace {

Config quiet(const LoneNode::Tweak& tweak) {
    Config config = Config::lan();
    config.name = "me";
    config.address = WireAddress::v4(10, 0, 0, 1);
    config.gossip_interval = Duration{};
    config.push_pull_interval = Duration{};
    config.probe_interval = std::chrono::hours{1};
    config.variant.looking = false;  // the rules F have tests of their own
    if (tweak) tweak(config);
    if (const auto error = config.validate()) ADD_FAILURE() << error->to_string();
    return config;
}

struct Opener final : wire::PacketVisitor {
    std::vector<Message> messages;
    void message(wire::MessageType type, Bytes body) override {
        messages.push_back({type, {body.begin(), body.end()}});
    }
    void rejected(wire::DecodeError error) override {
        ADD_FAILURE() << "the node sent something malformed: " << to_string(error);
    }
};

}  // namespace

LoneNode::LoneNode(const Tweak& tweak, Application* app, WorkClock& clock)
    : node_{std::make_unique<Node>(quiet(tweak), app != nullptr ? *app : no_application_, entropy_,
                                   7, std::shared_ptr<ProfilePool>{}, clock)},
      codec_{node_->config().layers, entropy_} {
    call([](Node& node, Time at, Outbox& out) { node.start(at, out); });
    drain();
    forget_events();
}

std::optional<State> LoneNode::state(std::string_view name) const {
    const auto found = member(name);
    if (found == nullptr) return {};
    return found->state;
}

std::uint32_t LoneNode::incarnation(std::string_view name) const {
    const auto found = member(name);
    return found == nullptr ? 0 : found->incarnation.value();
}

std::vector<std::byte> LoneNode::sealed(std::vector<Bytes> parts) {
    std::vector<std::byte> room(wire::kMaxDatagram);
    room.resize(codec_.seal(parts, {}, room));
    return room;
}

void LoneNode::install_key(Bytes key) {
    EXPECT_FALSE(node_->keyring().add(key));
    EXPECT_FALSE(codec_.keyring().add(key));
}

void LoneNode::packet(Bytes bytes, Endpoint from) {
    call([&](Node& node, Time at, Outbox& out) { node.handle_packet(at, from, bytes, out); });
}

void LoneNode::alive(const AliveClaim& claim, Endpoint from) {
    encoded(
        [&](ByteWriter& writer) {
            const wire::Alive alive{
                .node = claim.node,
                .incarnation = Incarnation{claim.incarnation},
                .address = claim.address,
                .port = claim.port,
                .meta = claim.meta.empty() ? std::nullopt : std::optional{as_bytes(claim.meta)},
                .versions = claim.versions};
            ASSERT_TRUE(wire::encode(alive, writer));
        },
        from);
}

void LoneNode::suspect(std::string_view node, std::uint32_t incarnation, std::string_view from) {
    encoded([&](ByteWriter& writer) {
        ASSERT_TRUE(wire::encode_suspect(
            {.node = node, .incarnation = Incarnation{incarnation}, .from = from}, writer));
    });
}

void LoneNode::dead(std::string_view node, std::uint32_t incarnation, std::string_view from,
                    Endpoint sender) {
    encoded(
        [&](ByteWriter& writer) {
            ASSERT_TRUE(wire::encode_dead(
                {.node = node, .incarnation = Incarnation{incarnation}, .from = from}, writer));
        },
        sender);
}

void LoneNode::ack(SequenceNumber sequence, Endpoint from) {
    encoded(
        [&](ByteWriter& writer) {
            ASSERT_TRUE(wire::encode(wire::Ack{.sequence = sequence, .payload = {}}, writer));
        },
        from);
}

void LoneNode::nack(SequenceNumber sequence, Endpoint from) {
    encoded(
        [&](ByteWriter& writer) {
            ASSERT_TRUE(wire::encode(wire::Nack{.sequence = sequence}, writer));
        },
        from);
}

void LoneNode::peer_state(const wire::PushPull& state, Endpoint from) {
    const StreamId id{StreamId::kAcceptedBit | next_stream_++};
    const std::vector<std::byte> bytes = stream_bytes(state);
    call([&](Node& node, Time at, Outbox& out) { node.handle_stream_accepted(at, id, from, out); });
    call([&](Node& node, Time at, Outbox& out) { node.handle_stream_data(at, id, bytes, out); });
}

void LoneNode::leaves_by_stream(std::string_view node, std::uint32_t incarnation, Endpoint home) {
    peer_state({.nodes = {{.name = node,
                           .address = home.to_wire(),
                           .port = home.port,
                           .incarnation = Incarnation{incarnation},
                           .state = wire::NodeState::left,
                           .versions = wire::kSerfVersions}}},
               home);
}

void LoneNode::know(unsigned members) {
    for (unsigned i = 2; i < members + 2; ++i) {
        const std::string name = "n" + std::to_string(i);
        alive({.node = name,
               .address = WireAddress::v4(10, 0, static_cast<std::uint8_t>(i >> 8),
                                          static_cast<std::uint8_t>(i))});
    }
    drain();
    forget_events();
}

void LoneNode::advance(Duration time) {
    const Time until = now_ + time;
    for (auto next = node_->next_deadline(); next && *next <= until;
         next = node_->next_deadline()) {
        now_ = std::max(now_, *next);
        call([](Node& node, Time at, Outbox& out) { node.handle_timeout(at, out); });
        if (answers_) answer();
    }
    now_ = until;
}

void LoneNode::answer() {
    std::vector<std::pair<SequenceNumber, Endpoint>> pinged;
    for (const Sent& sent : sent_) {
        for (const Message& m : of_type(sent.messages, wire::MessageType::ping)) {
            if (answering_.value_or(sent.to) == sent.to) {
                pinged.emplace_back(m.ping().sequence, sent.to);
            }
        }
    }
    sent_.clear();
    for (const auto& [sequence, from] : pinged) ack(sequence, from);
}

void LoneNode::sleep_through(Duration time) {
    now_ += time;
    call([](Node& node, Time at, Outbox& out) { node.handle_timeout(at, out); });
}

std::vector<Sent> LoneNode::take_sent() {
    return std::exchange(sent_, {});
}
std::vector<SentStream> LoneNode::take_streams() {
    return std::exchange(streams_, {});
}

std::vector<Message> LoneNode::broadcasts() {
    auto before = std::exchange(sent_, {});
    encoded([&](ByteWriter& writer) {
        wire::encode(
            wire::Ping{.sequence = SequenceNumber{++next_ping_}, .node = node_->config().name},
            writer);
    });
    std::vector<Message> riding;
    for (Sent& sent : sent_) {
        for (Message& message : sent.messages) {
            if (message.type != wire::MessageType::ack) riding.push_back(std::move(message));
        }
    }
    sent_ = std::move(before);
    return riding;
}

void LoneNode::drain() {
    while (node_->broadcasts_queued() > 0) {
        if (!broadcasts().empty()) continue;
        ADD_FAILURE() << "acks carry no gossip any more (rule X4): let time pass";
        break;
    }
    sent_.clear();
}

void LoneNode::keep() {
    out_.for_each_send([&](const Endpoint& to, Bytes bytes) {
        Opener opener;
        codec_.open(bytes, opener);
        sent_.push_back({.to = to,
                         .size = bytes.size(),
                         .checksum = !bytes.empty() && bytes[0] == std::byte{12},
                         .messages = std::move(opener.messages)});
    });
    out_.for_each_stream_action([&](const StreamAction& action, Bytes bytes) {
        streams_.push_back({action, {bytes.begin(), bytes.end()}});
    });
    for (const Event& event : out_.events()) events_.push_back(event);
}

std::vector<Message> of_type(const std::vector<Message>& messages, wire::MessageType type) {
    std::vector<Message> found;
    for (const Message& m : messages) {
        if (m.type == type) found.push_back(m);
    }
    return found;
}

std::vector<Message> of_type(const std::vector<Sent>& sent, wire::MessageType type) {
    std::vector<Message> found;
    for (const Sent& s : sent) {
        for (const Message& m : of_type(s.messages, type)) found.push_back(m);
    }
    return found;
}

std::vector<std::byte> stream_bytes(const wire::PushPull& state) {
    std::vector<std::byte> message;
    wire::encode_push_pull(state, message);
    return message;
}

}  // namespace rollcall::membership
