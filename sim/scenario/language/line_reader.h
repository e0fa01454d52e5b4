// SPDX-License-Identifier: Apache-2.0
//
// One line of a scenario file, word by word. The first error becomes the line's problem; the line
// then counts as failed, and all further reads return defaults. So callers need not check after
// every read, and every line of a file is checked.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "sim/scenario/language/problem.h"
#include "sim/scenario/language/scenario.h"
#include "sim/world/links.h"

namespace rollcall::sim {

// The words of a line without its comment; commas and bars are words of their own.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view line);

class LineReader {
public:
    // `nodes`: the size of the cluster, for lists of nodes. All borrowed.
    LineReader(unsigned line, std::string_view text, unsigned nodes, Problems& problems)
        : line_{line}, nodes_{nodes}, words_{words_of(text)}, problems_{problems} {}

    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] bool at_end() const { return failed_ || next_ == words_.size(); }
    [[nodiscard]] unsigned line() const { return line_; }
    // The next word, "" at the end.
    [[nodiscard]] std::string_view peek(std::size_t ahead = 0) const {
        return failed_ || next_ + ahead >= words_.size() ? std::string_view{}
                                                         : words_[next_ + ahead];
    }
    std::string_view take();
    // Takes the next word if it is `word`.
    bool accept(std::string_view word);
    // Takes `word`, or the line fails.
    void need(std::string_view word, std::string_view field);
    // Fails if words are left.
    void end();

    [[nodiscard]] Duration time(std::string_view field);
    [[nodiscard]] double share(std::string_view field);
    [[nodiscard]] std::uint64_t rate(std::string_view field);  // bytes per second; 0: off
    [[nodiscard]] double number(std::string_view field);
    [[nodiscard]] std::uint64_t count(std::string_view field, std::uint64_t least,
                                      std::uint64_t most);
    [[nodiscard]] std::uint64_t id(std::string_view field);
    // The index of the word among those allowed.
    [[nodiscard]] std::size_t choice(std::string_view field,
                                     std::span<const std::string_view> allowed);
    // "n1..n4, n7", "all", "all but n3", "first 3", "last 10%". At least one node.
    [[nodiscard]] Nodes nodes(std::string_view field = "nodes");
    [[nodiscard]] std::uint32_t node(std::string_view field = "node");
    // "latency uniform 1ms..2ms, loss 2%, ...": changes to `quality`.
    void links(LinkQuality& quality);

    void fail(std::string_view field, std::string_view value, std::string allowed);

private:
    void node_item(std::vector<bool>& chosen);
    [[nodiscard]] std::uint32_t node_number(std::string_view word, std::string_view field);
    void latency(LinkQuality& quality);

    unsigned line_;
    unsigned nodes_;
    std::vector<std::string_view> words_;
    std::size_t next_ = 0;
    bool failed_ = false;
    Problems& problems_;
};

}  // namespace rollcall::sim
