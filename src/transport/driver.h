// SPDX-License-Identifier: Apache-2.0
//
// Runs any ProtocolCore on one libuv loop: datagrams and streams in, the Outbox carried out, one timer
// for next_deadline(). Drains all pending input before it fires deadlines, so that a refutation that
// already lies in the socket wins over the timer it refutes. One thread: the loop's.
#pragma once

#include "membership/core.h"

namespace rollcall::transport {

// Sketch of the surface; the owner of this room completes it.
//
//   template <membership::ProtocolCore Core>
//   class Driver {
//   public:
//       struct Options { Endpoint bind; limits...; };
//       Driver(uv_loop_t& loop, Core& core);                 // borrows both
//       Result<Endpoint, std::string> open(const Options&);  // binds UDP and TCP on the same port (0 = any)
//       void on_outbox(std::function<void(const typename Core::Outbox&)>);  // events, after effects
//       template <class F> auto command(F&& f);  // f(core, now, outbox), then carries the outbox out
//       Time now() const;
//       void close(std::function<void()> closed);
//       const Stats& stats() const;
//   };

}  // namespace rollcall::transport
