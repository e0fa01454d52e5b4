// SPDX-License-Identifier: Apache-2.0
#include "sim/world/streams.h"

#include <algorithm>

namespace rollcall::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kFirstRetry = milliseconds{200};
constexpr Duration kFirstSynRetry = seconds{1};
constexpr unsigned kMaxTries = 8;  // about 50 s of silence
constexpr std::size_t kSegment = 1460;
constexpr HostId kNoHost = ~HostId{0};

// An event's number: slot, generation, and which timer of the stream.
constexpr unsigned kGenerationShift = 24;
constexpr unsigned kTimerShift = 56;
enum class Timer : std::uint8_t { first, second, deadline };

constexpr std::uint64_t event_of(std::uint32_t slot, std::uint32_t generation, Timer timer) {
    return slot | static_cast<std::uint64_t>(generation) << kGenerationShift |
           static_cast<std::uint64_t>(timer) << kTimerShift;
}

// Readers must handle any split: mostly segments, sometimes a few bytes.
std::size_t cut(std::size_t left, Rng& rng) {
    const std::size_t most = rng.one_in(4) ? 16 : kSegment;
    return std::min<std::size_t>(left, 1 + static_cast<std::size_t>(rng.below(most)));
}

}  // namespace

const StreamNetwork::Where* StreamNetwork::find(const Port& port, StreamId id) const {
    const auto found = index_.find({&port, id.value()});
    return found == index_.end() ? nullptr : &found->second;
}

void StreamNetwork::open(Port& port, const Endpoint& from, StreamId id, const Endpoint& to,
                         Time deadline) {
    std::uint32_t slot = 0;
    if (free_.empty()) {
        slot = static_cast<std::uint32_t>(streams_.size());
        streams_.emplace_back();
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    Stream& stream = streams_[slot];
    Endpoint source = from;
    source.port = next_port_;
    next_port_ =
        next_port_ == 60999 ? std::uint16_t{32768} : static_cast<std::uint16_t>(next_port_ + 1);
    stream.ends[0] = {&port, id, *network_.host_at(from), source};
    stream.ends[1] = {nullptr, {}, network_.host_at(to).value_or(kNoHost), to};
    stream.direction[0] = stream.direction[1] = {};
    stream.deadline = deadline;
    stream.connected = stream.stranded = false;
    stream.used = true;
    ++network_.traffic().streams;
    index_[{&port, id.value()}] = {slot, 0};
    const bool refused = unsendable(stream);
    network_.world().at(refused ? network_.world().now() : deadline, *this,
                        event_of(slot, stream.generation, Timer::deadline));
    if (!refused) enqueue(slot, 0, What::syn, {});
}

void StreamNetwork::write(Port& port, StreamId id, Bytes bytes) {
    const Where* where = find(port, id);
    if (where == nullptr) return;
    const Where here = *where;
    if (eavesdropper_ && here.side == 0) eavesdropper_(streams_[here.slot].ends[1].at, bytes);
    network_.traffic().stream_bytes += bytes.size();
    network_.traffic_of(streams_[here.slot].ends[here.side].host).stream_bytes_sent += bytes.size();
    while (!bytes.empty()) {
        const std::size_t size = cut(bytes.size(), network_.world().rng());
        enqueue(here.slot, here.side, What::data, bytes.first(size));
        bytes = bytes.subspan(size);
    }
}

void StreamNetwork::close(Port& port, StreamId id) {
    const Where* where = find(port, id);
    if (where == nullptr) return;
    const Where here = *where;
    if (accepted(streams_[here.slot])) enqueue(here.slot, here.side, What::finished, {});
    forget_end(here.slot, here.side);
}

void StreamNetwork::abort_all(Port& port) {
    for (std::uint32_t slot = 0; slot < streams_.size(); ++slot) {
        for (unsigned side = 0; side < 2; ++side) {
            Stream& stream = streams_[slot];
            if (!stream.used || stream.ends[side].port != &port) continue;
            stream.direction[side].pieces.clear();
            if (accepted(stream) && network_.powered(stream.ends[side].host)) {
                enqueue(slot, side, What::reset, {});
            }
            forget_end(slot, side);
        }
    }
}

void StreamNetwork::strand_all(HostId host) {
    for (Stream& stream : streams_) {
        if (!stream.used) continue;
        stream.stranded |= stream.ends[0].host == host || stream.ends[1].host == host;
    }
}

void StreamNetwork::break_between(HostId a, HostId b) {
    for (std::uint32_t slot = 0; slot < streams_.size(); ++slot) {
        const Stream& stream = streams_[slot];
        if (!stream.used || !accepted(stream)) continue;
        const HostId x = stream.ends[0].host;
        const HostId y = stream.ends[1].host;
        if (!((x == a && y == b) || (x == b && y == a))) continue;
        // Each end gets a reset on the other end's direction, as from the network.
        for (unsigned side = 0; side < 2; ++side) {
            streams_[slot].direction[side].pieces.clear();
            enqueue(slot, side, What::reset, {});
        }
    }
}

std::size_t StreamNetwork::held_count() const {
    return static_cast<std::size_t>(std::ranges::count_if(streams_, [](const Stream& stream) {
        return stream.used && (stream.ends[0].port != nullptr || stream.ends[1].port != nullptr);
    }));
}

std::string StreamNetwork::held() const {
    std::string text;
    for (const Stream& stream : streams_) {
        const End& dialer = stream.ends[0];
        const End& acceptor = stream.ends[1];
        if (!stream.used || (dialer.port == nullptr && acceptor.port == nullptr)) continue;
        text += dialer.at.to_string() + " -> " + acceptor.at.to_string() +
                (dialer.port != nullptr ? ", open at the dialer" : "") +
                (acceptor.port != nullptr ? ", open at the acceptor" : "") +
                (stream.connected ? "\n" : ", not connected\n");
    }
    return text;
}

void StreamNetwork::enqueue(std::uint32_t slot, unsigned side, What what, Bytes bytes) {
    Stream& stream = streams_[slot];
    World& world = network_.world();
    const HostId from = stream.ends[side].host;
    const HostId to = stream.ends[1 - side].host;
    Direction& direction = stream.direction[side];
    Time due = world.now() + network_.links().latency(from, to, world.rng());
    if (to != kNoHost) {
        const Duration takes = network_.transmission(from, to, bytes.size());
        const Time leaves = std::max(world.now(), direction.sent_until) + takes;
        direction.sent_until = leaves;
        due += leaves - world.now();
    }
    if (!direction.pieces.empty()) due = std::max(due, direction.pieces.back().due);
    direction.pieces.push_back({what, {bytes.begin(), bytes.end()}, due});
    if (direction.pieces.size() == 1) post(slot, side);
}

void StreamNetwork::post(std::uint32_t slot, unsigned side) {
    const Stream& stream = streams_[slot];
    network_.world().at(
        stream.direction[side].pieces.front().due, *this,
        event_of(slot, stream.generation, side == 0 ? Timer::first : Timer::second));
}

bool StreamNetwork::gets_through(const Stream& stream, unsigned side) {
    const HostId from = stream.ends[side].host;
    const HostId to = stream.ends[1 - side].host;
    if (stream.stranded || to == kNoHost || !network_.powered(to) || !network_.powered(from))
        return false;
    // The way back must work too: a segment needs its acknowledgement.
    World& world = network_.world();
    return network_.links().carry(from, to, 1, world.now(), world.rng()) &&
           !network_.links().silent(to, from);
}

// The dialer's own host refuses to send that way.
bool StreamNetwork::unsendable(const Stream& stream) const {
    const HostId to = stream.ends[1].host;
    return to != kNoHost && network_.links().unsendable(stream.ends[0].host, to).has_value();
}

void StreamNetwork::act(std::uint64_t what) {
    const auto slot = static_cast<std::uint32_t>(what & ((1u << kGenerationShift) - 1));
    const auto generation = static_cast<std::uint32_t>(what >> kGenerationShift);
    const auto timer = static_cast<Timer>(what >> kTimerShift);
    Stream& stream = streams_[slot];
    if (!stream.used || stream.generation != generation) return;
    if (timer == Timer::deadline) {
        const auto how = unsendable(stream) && stream.direction[0].pieces.empty()
                             ? membership::StreamEnd::local
                             : membership::StreamEnd::timed_out;
        if (!stream.connected) end(slot, 0, how);
        return;
    }
    const unsigned side = timer == Timer::first ? 0 : 1;
    // The piece was dropped or delayed after this event was posted.
    if (stream.direction[side].pieces.empty() ||
        stream.direction[side].pieces.front().due > network_.world().now()) {
        return;
    }
    arrive(slot, side);
}

void StreamNetwork::arrive(std::uint32_t slot, unsigned side) {
    if (!gets_through(streams_[slot], side)) return retry(slot, side);
    Direction& direction = streams_[slot].direction[side];
    if (direction.pieces.front().what == What::syn) return arrive_syn(slot);

    const Piece piece = std::move(direction.pieces.front());
    direction.pieces.pop_front();
    direction.tries = 0;
    const std::uint32_t generation = streams_[slot].generation;
    if (!direction.pieces.empty()) post(slot, side);
    const unsigned other = 1 - side;
    const End to = streams_[slot].ends[other];
    switch (piece.what) {
        case What::syn:
            return;
        case What::accepted:
            if (to.port != nullptr) {
                streams_[slot].connected = true;
                to.port->stream_connected(to.id);
            } else {
                end(slot, side, membership::StreamEnd::reset);
            }
            break;
        case What::data:
            if (to.port != nullptr) {
                network_.traffic_of(to.host).stream_bytes_received += piece.bytes.size();
                to.port->stream_data(to.id, piece.bytes);
            } else if (streams_[slot].ends[side].port != nullptr) {
                // Data for a closed socket: its host answers with a reset.
                end(slot, side, membership::StreamEnd::reset);
            }
            break;
        case What::finished:
            end(slot, other, membership::StreamEnd::finished);
            break;
        case What::reset:
            end(slot, other, membership::StreamEnd::reset);
            break;
        case What::refused:
            end(slot, other, membership::StreamEnd::refused);
            break;
    }
    if (streams_[slot].generation == generation) release_if_over(slot);
}

void StreamNetwork::arrive_syn(std::uint32_t slot) {
    Port* const listener = network_.port_at(streams_[slot].ends[1].at);
    if (listener != nullptr) {
        const StreamId id{StreamId::kAcceptedBit | next_accepted_++};
        if (!listener->stream_accepted(id, streams_[slot].ends[0].at)) return retry(slot, 0);
        Stream& stream = streams_[slot];
        stream.direction[0].pieces.pop_front();
        stream.ends[1].port = listener;
        stream.ends[1].id = id;
        index_[{listener, id.value()}] = {slot, 1};
        // The dialer may have closed in between; the acceptor is then notified.
        if (stream.ends[0].port == nullptr) {
            enqueue(slot, 0, What::finished, {});
        } else {
            enqueue(slot, 1, What::accepted, {});
        }
        return;
    }
    streams_[slot].direction[0].pieces.pop_front();
    enqueue(slot, 1, What::refused, {});
}

// Lost on the way: retries after twice the time.
void StreamNetwork::retry(std::uint32_t slot, unsigned side) {
    Stream& stream = streams_[slot];
    Direction& direction = stream.direction[side];
    const bool syn = direction.pieces.front().what == What::syn;
    if (stream.ends[side].port == nullptr && syn) {  // the dialer has closed
        direction.pieces.clear();
        return release_if_over(slot);
    }
    if (direction.tries >= kMaxTries) {
        direction.pieces.clear();
        if (stream.ends[side].port == nullptr) return release_if_over(slot);
        return end(slot, side, membership::StreamEnd::timed_out);
    }
    const Duration wait =
        (syn ? kFirstSynRetry : kFirstRetry) * (1 << std::min(direction.tries, 6u));
    ++direction.tries;
    const Time due = network_.world().now() + wait;
    for (Piece& piece : direction.pieces) piece.due = std::max(piece.due, due);
    post(slot, side);
}

void StreamNetwork::end(std::uint32_t slot, unsigned side, membership::StreamEnd how) {
    const End over = streams_[slot].ends[side];
    if (over.port == nullptr) return;
    forget_end(slot, side);
    over.port->stream_closed(over.id, how);
}

void StreamNetwork::forget_end(std::uint32_t slot, unsigned side) {
    Stream& stream = streams_[slot];
    index_.erase({stream.ends[side].port, stream.ends[side].id.value()});
    stream.ends[side].port = nullptr;
    release_if_over(slot);
}

// Frees the slot when both ends are closed and nothing is in flight.
void StreamNetwork::release_if_over(std::uint32_t slot) {
    Stream& stream = streams_[slot];
    if (!stream.used || stream.ends[0].port != nullptr || stream.ends[1].port != nullptr ||
        !stream.direction[0].pieces.empty() || !stream.direction[1].pieces.empty()) {
        return;
    }
    stream.used = false;
    ++stream.generation;
    free_.push_back(slot);
}

}  // namespace rollcall::sim
