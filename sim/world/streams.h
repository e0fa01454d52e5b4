// SPDX-License-Identifier: Apache-2.0
//
// Streams between processes: connect, refuse, write in random pieces, close, reset, and silence.
// Bytes of one direction keep their order and are sent again when the link drops them; a direction
// that stays silent too long times out. Drivers get what a socket would report: the end that closed
// gets nothing more, the other end gets `finished`, `reset`, `refused` or `timed_out` once.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "sim/world/network.h"

namespace rollcall::sim {

class StreamNetwork final : public Actor {
public:
    explicit StreamNetwork(Network& network) : network_{network} {}

    // The calls of an Outbox, for the process at `from`. Unknown ids are ignored, as a driver
    // ignores calls for a stream that has ended.
    void open(Port& port, const Endpoint& from, StreamId id, const Endpoint& to, Time deadline);
    void write(Port& port, StreamId id, Bytes bytes);
    void close(Port& port, StreamId id);

    // What the dialer of a stream writes, and the address that it dialed: for an adversary on the
    // path.
    using Eavesdropper = std::function<void(const Endpoint& to, Bytes bytes)>;
    void set_eavesdropper(Eavesdropper listener) { eavesdropper_ = std::move(listener); }

    // The process died: its host sends resets, unless it lost its power too.
    void abort_all(Port& port);
    // The host lost its address: its streams carry nothing from now on, and neither end is
    // notified.
    void strand_all(HostId host);
    // Resets every stream between two hosts, in the middle of a message.
    void break_between(HostId a, HostId b);
    // Streams that are open at one end at least. A stream closed at both ends with data still in
    // flight does not count.
    [[nodiscard]] std::size_t held_count() const;
    // One line for each of them: dialer, acceptor, and which ends are open.
    [[nodiscard]] std::string held() const;

    void act(std::uint64_t what) override;

private:
    enum class What : std::uint8_t { syn, accepted, data, finished, reset, refused };
    struct Piece {
        What what = What::data;
        std::vector<std::byte> bytes;
        Time due{};
    };
    struct End {
        Port* port = nullptr;  // null: this side is over
        StreamId id;
        HostId host = 0;
        Endpoint at;
    };
    // ends[0] dialed. direction[i] carries what ends[i] sends.
    struct Direction {
        std::deque<Piece> pieces;
        Time sent_until{};  // on the slower interface of the two hosts
        unsigned tries = 0;
    };
    struct Stream {
        End ends[2];
        Direction direction[2];
        std::uint32_t generation = 0;
        Time deadline{};
        bool connected = false;
        bool stranded = false;  // one end's address is gone
        bool used = false;
    };
    struct PlaceHash {
        std::size_t operator()(const std::pair<const Port*, std::uint64_t>& place) const {
            return std::hash<const void*>{}(place.first) ^ (place.second * 0x9e3779b97f4a7c15u);
        }
    };
    struct Where {
        std::uint32_t slot = 0;
        unsigned side = 0;
    };
    using Index = std::unordered_map<std::pair<const Port*, std::uint64_t>, Where, PlaceHash>;

    [[nodiscard]] const Where* find(const Port& port, StreamId id) const;
    void enqueue(std::uint32_t slot, unsigned side, What what, Bytes bytes);
    void post(std::uint32_t slot, unsigned side);
    void arrive(std::uint32_t slot, unsigned side);
    void arrive_syn(std::uint32_t slot);
    void retry(std::uint32_t slot, unsigned side);
    void end(std::uint32_t slot, unsigned side, membership::StreamEnd how);
    void forget_end(std::uint32_t slot, unsigned side);
    void release_if_over(std::uint32_t slot);
    // The acceptor's process has accepted the stream.
    [[nodiscard]] static bool accepted(const Stream& stream) {
        return stream.ends[1].id.accepted();
    }
    [[nodiscard]] bool unsendable(const Stream& stream) const;
    [[nodiscard]] bool gets_through(const Stream& stream, unsigned side);

    Network& network_;
    Eavesdropper eavesdropper_;
    std::vector<Stream> streams_;
    std::vector<std::uint32_t> free_;
    Index index_;  // looked up, never walked
    std::uint64_t next_accepted_ = 1;
    std::uint16_t next_port_ = 32768;
};

}  // namespace rollcall::sim
