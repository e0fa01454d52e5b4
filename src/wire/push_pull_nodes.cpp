// SPDX-License-Identifier: Apache-2.0
#include "wire/push_pull_nodes.h"

#include "wire/msgpack_reader.h"

namespace rollcall::wire {
namespace {

std::size_t extent_of_value(Bytes bytes) {
    MsgpackReader reader{bytes};
    reader.skip();
    return reader.consumed();
}

}  // namespace

PushPullNodes::PushPullNodes(Bytes nodes, std::uint32_t count) : count_{count} {
    std::size_t end = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        const Bytes rest = nodes.subspan(end);
        const std::size_t extent = extent_of_value(rest);
        if (!decode_push_pull_node(rest.first(extent))) ++refused_;
        end += extent;
    }
    bytes_ = nodes.first(end);
}

void PushPullNodes::Iterator::read() {
    for (; left_ > 0; --left_) {
        const Bytes value = rest_.first(extent_of_value(rest_));
        rest_ = rest_.subspan(value.size());
        if (const auto node = decode_push_pull_node(value)) {
            node_ = node->value;
            return;
        }
    }
}

}  // namespace rollcall::wire
