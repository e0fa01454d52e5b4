// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/attack/adversary.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "sim/scenario/attack/arsenal_wire.h"

namespace rollcall::sim {
namespace {

constexpr std::uint16_t kPort = 7946;
constexpr std::uint64_t kSeedSalt = 0xad5e25a27ull;
constexpr std::size_t kMostDialed = 512;
constexpr Duration kDialLimit = std::chrono::seconds{10};
constexpr std::uint64_t kKindBits = 8;

Endpoint own_place() {
    return *Endpoint::from_wire(WireAddress::v4(10, 255, 255, 254), kPort);
}

}  // namespace

// Answers every ping that it can read: while it attacks, whomever the ping names, and else as the
// member that it is.
class Adversary::PingReader final : public wire::PacketVisitor {
public:
    PingReader(Adversary& owner, const Endpoint& from) : owner_{owner}, from_{from} {}
    void message(wire::MessageType type, Bytes body) override {
        if (type != wire::MessageType::ping) return;
        const auto ping = wire::decode_ping(body);
        if (!ping) return;
        const bool as_itself = owner_.powers_.member && ping->node == kName;
        if (!as_itself && !owner_.attacks()) return;
        const Message ack = written([&](ByteWriter& w) {
            return encode(wire::Ack{.sequence = ping->sequence, .payload = {}}, w);
        });
        owner_.send({}, from_, {&ack, 1});
    }
    void rejected(wire::DecodeError) override {}

private:
    Adversary& owner_;
    Endpoint from_;
};

Adversary::Adversary(const Around& around, const Scenario& scenario, std::uint64_t seed)
    : around_{around},
      powers_{scenario.adversary},
      place_{own_place()},
      host_{around.network.add_host(place_)},
      rng_{seed ^ kSeedSalt},
      entropy_{rng_.next()},
      codec_{scenario.profile.layers, entropy_},
      arsenal_{around.view, rng_, kName, place_, around.forged} {
    if (scenario.encrypted && powers_.key) codec_.keyring().add(around.view.key(1));
    around.network.bind(place_, *this);
    if (!powers_.path) return;
    around.network.set_eavesdropper([this](Time, Endpoint from, Endpoint to, Bytes bytes) {
        if (from == place_ || to == place_) return;
        records_.add({from, to, false, {bytes.begin(), bytes.end()}});
    });
    around.streams.set_eavesdropper([this](const Endpoint& to, Bytes bytes) {
        if (to != place_) records_.add({{}, to, true, {bytes.begin(), bytes.end()}});
    });
}

Adversary::~Adversary() {
    around_.network.set_eavesdropper({});
    around_.streams.set_eavesdropper({});
}

// --- attacks -------------------------------------------------------------------------------------

void Adversary::begin(const action::Attack& attack) {
    introduce_itself();
    Running& running = running_[static_cast<std::size_t>(attack.kind)];
    running.attack = attack;
    ++running.generation;
    next_shot(static_cast<std::size_t>(attack.kind));
}

void Adversary::end(std::optional<AttackKind> kind) {
    for (std::size_t k = 0; k < running_.size(); ++k) {
        if (!kind || static_cast<std::size_t>(*kind) == k) running_[k].attack.reset();
    }
}

bool Adversary::attacks() const {
    return std::ranges::any_of(running_, [](const Running& r) { return r.attack.has_value(); });
}

// The interval varies between half of the mean and one and a half.
void Adversary::next_shot(std::size_t kind) {
    const Running& running = running_[kind];
    const auto mean = std::chrono::nanoseconds{std::chrono::seconds{1}}.count() /
                      static_cast<std::int64_t>(running.attack->rate);
    const auto wait =
        mean / 2 + static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(mean) + 1));
    World& world = around_.network.world();
    world.at(world.now() + std::chrono::nanoseconds{wait}, *this,
             kind | running.generation << kKindBits);
}

void Adversary::act(std::uint64_t what) {
    const auto kind = static_cast<std::size_t>(what & ((1u << kKindBits) - 1));
    const Running& running = running_[kind];
    if (!running.attack || running.generation != what >> kKindBits) return;
    if (running.attack->kind == AttackKind::replay_packets) {
        replay(*running.attack);
    } else if (const auto shot = arsenal_.make(*running.attack)) {
        fire(*shot);
    }
    next_shot(kind);
}

void Adversary::fire(const Shot& shot) {
    ++shots_;
    if (!shot.stream) return send(shot.stated, shot.to, shot.messages);
    std::vector<std::byte> bytes;
    codec_.seal_stream(shot.messages.front(), wire::PacketCodec::StreamSide::dialer, bytes);
    dial(shot.to, std::move(bytes));
}

// To its first receiver again, or to another node.
void Adversary::replay(const action::Attack& attack) {
    const RecordedPacket* const packet = records_.any();
    if (packet == nullptr) return;
    const std::uint32_t first = node_at(packet->to);
    const bool again = std::ranges::binary_search(attack.who, first) && rng_.one_in(2);
    const Endpoint to =
        again ? packet->to : around_.view.endpoint(attack.who[rng_.below(attack.who.size())]);
    ++shots_;
    if (packet->stream) return dial(to, packet->bytes);
    around_.network.send_forged(host_, packet->from, to, packet->bytes);
}

void Adversary::introduce_itself() {
    if (!powers_.member || introduced_) return;
    introduced_ = true;
    for (std::uint32_t n = 1; n <= around_.view.nodes(); ++n) {
        if (!around_.view.running(n)) continue;
        const Message claim = arsenal_.own_claim(n);
        send({}, around_.view.endpoint(n), {&claim, 1});
    }
}

void Adversary::send(const std::optional<Endpoint>& stated, const Endpoint& to,
                     std::span<const Message> messages) {
    const std::vector<Bytes> parts{messages.begin(), messages.end()};
    std::vector<std::byte> room(wire::kMaxDatagram);
    const std::size_t size = codec_.seal(parts, {}, room);
    around_.network.send_forged(host_, stated.value_or(place_), to, Bytes{room}.first(size));
}

std::uint32_t Adversary::node_at(const Endpoint& place) const {
    for (std::uint32_t n = 1; n <= around_.view.nodes(); ++n) {
        if (around_.view.endpoint(n) == place) return n;
    }
    return 0;
}

// --- what it receives ----------------------------------------------------------------------------

void Adversary::datagram(Endpoint from, Bytes bytes) {
    records_.add({from, place_, false, {bytes.begin(), bytes.end()}});
    PingReader reader{*this, from};
    codec_.open(bytes, reader);
}

void Adversary::dial(const Endpoint& to, std::vector<std::byte> bytes) {
    if (dialed_.size() >= kMostDialed) return;
    const StreamId id{next_stream_++};
    dialed_.emplace(id.value(), std::move(bytes));
    World& world = around_.network.world();
    around_.streams.open(*this, place_, id, to, world.now() + kDialLimit);
}

bool Adversary::stream_accepted(StreamId id, Endpoint) {
    accepted_.insert(id.value());
    return true;
}

void Adversary::stream_connected(StreamId id) {
    if (const auto found = dialed_.find(id.value()); found != dialed_.end()) {
        around_.streams.write(*this, id, found->second);
    }
}

// As a member it answers the request of a push/pull once its first bytes came, with a lie while it
// attacks. What it dialed itself it closes as soon as the answer begins.
void Adversary::stream_data(StreamId id, Bytes) {
    if (accepted_.erase(id.value()) > 0 && powers_.member) {
        if (const auto state = attacks() ? arsenal_.wrong_states() : arsenal_.own_state()) {
            std::vector<std::byte> bytes;
            codec_.seal_stream(*state, wire::PacketCodec::StreamSide::acceptor, bytes);
            around_.streams.write(*this, id, bytes);
        }
    }
    dialed_.erase(id.value());
    around_.streams.close(*this, id);
}

void Adversary::stream_closed(StreamId id, membership::StreamEnd) {
    accepted_.erase(id.value());
    dialed_.erase(id.value());
}

}  // namespace rollcall::sim
