// SPDX-License-Identifier: Apache-2.0
//
// The members of a received push/pull, decoded one by one during iteration, never all at once. A
// decoded node is a hundred times as large as the smallest one on the wire, and a message may
// contain a million. Borrows the bytes that it iterates over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "base/bytes.h"
#include "wire/messages.h"

namespace rollcall::wire {

class PushPullNodes {
public:
    PushPullNodes() = default;
    // `nodes`: that many complete msgpack values in a row, possibly followed by other bytes.
    PushPullNodes(Bytes nodes, std::uint32_t count);

    // Single pass over the readable ones; a node is valid until the next step.
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = PushPullNode;
        using difference_type = std::ptrdiff_t;
        using pointer = const PushPullNode*;
        using reference = const PushPullNode&;

        Iterator() = default;
        Iterator(Bytes rest, std::uint32_t left) : rest_{rest}, left_{left} { read(); }
        reference operator*() const { return node_; }
        pointer operator->() const { return &node_; }
        Iterator& operator++() {
            --left_;
            read();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const Iterator& a, const Iterator& b) { return a.left_ == b.left_; }

    private:
        void read();  // the next readable one, or the end

        Bytes rest_;
        std::uint32_t left_ = 0;  // with the present one
        PushPullNode node_;
    };
    [[nodiscard]] Iterator begin() const { return {bytes_, count_}; }
    [[nodiscard]] Iterator end() const { return {}; }

    [[nodiscard]] std::size_t size() const { return count_ - refused_; }
    [[nodiscard]] bool empty() const { return size() == 0; }
    // Nodes skipped because a field is out of range. Peers store and forward such entries; if one
    // of them failed the whole exchange, a single bad member could cut us off from the cluster.
    [[nodiscard]] std::uint32_t refused() const { return refused_; }
    // All of them, readable or not.
    [[nodiscard]] std::size_t encoded_size() const { return bytes_.size(); }

private:
    Bytes bytes_;
    std::uint32_t count_ = 0;
    std::uint32_t refused_ = 0;
};

}  // namespace rollcall::wire
