// SPDX-License-Identifier: Apache-2.0
#include "serf/query_filters.h"

#include <array>
#include <string>

#include "base/check.h"
#include "wire/msgpack_reader.h"
#include "wire/msgpack_writer.h"

namespace rollcall::serf {
namespace {

enum class FilterType : std::uint8_t { node = 0, tag = 1 };

constexpr std::array<std::string_view, 2> kTagFilterFields{"Expr", "Tag"};
constexpr std::array<std::uint8_t, 2> kTagFilterOrder{1, 0};

// Read to its end even when the name was found: an invalid list matches no member.
bool names(Bytes body, std::string_view name) {
    wire::MsgpackReader in{body};
    bool found = false;
    const std::uint32_t count = in.array();
    for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
        if (in.text() == name) found = true;
    }
    return found && !in.failed();
}

template <class Encode>
std::vector<std::byte> encoded_filter(FilterType type, std::size_t room, Encode&& encode) {
    std::vector<std::byte> bytes(room);
    ByteWriter out{bytes};
    out.u8(static_cast<std::uint8_t>(type));
    wire::MsgpackWriter w{out};
    encode(w);
    ROLLCALL_CHECK(!out.failed());
    bytes.resize(out.size());
    return bytes;
}
constexpr std::size_t kTextHead = 5;      // of one text, at most
constexpr std::size_t kFilterHeads = 32;  // type, array or map, names of fields

}  // namespace

std::vector<std::vector<std::byte>> encode_filters(std::span<const std::string> names,
                                                   const Tags& expressions) {
    std::vector<std::vector<std::byte>> filters;
    if (!names.empty()) {
        std::size_t room = kFilterHeads;
        for (const std::string& name : names) room += kTextHead + name.size();
        filters.push_back(encoded_filter(FilterType::node, room, [&](wire::MsgpackWriter& w) {
            w.array(static_cast<std::uint32_t>(names.size()));
            for (const std::string& name : names) w.text(name);
        }));
    }
    for (const auto& asked : expressions) {
        const std::string &tag = asked.first, &expression = asked.second;
        const std::size_t room = kFilterHeads + 2 * kTextHead + tag.size() + expression.size();
        filters.push_back(encoded_filter(FilterType::tag, room, [&](wire::MsgpackWriter& w) {
            w.map(2);
            w.field("Expr", expression);
            w.field("Tag", tag);
        }));
    }
    return filters;
}

FilterVerdict QueryFilters::judge(std::span<const Bytes> filters, const AskedMember& member) {
    for (const Bytes filter : filters) {
        if (filter.empty()) return FilterVerdict::no_match;
        const Bytes body = filter.subspan(1);
        switch (static_cast<FilterType>(filter.front())) {
            case FilterType::node:
                if (!names(body, member.name)) return FilterVerdict::no_match;
                continue;
            case FilterType::tag: {
                const FilterVerdict verdict = judge_tag(body, member.tags);
                if (verdict != FilterVerdict::match) return verdict;
                continue;
            }
        }
        return FilterVerdict::no_match;  // an unknown kind
    }
    return FilterVerdict::match;
}

// A missing tag is the empty text.
FilterVerdict QueryFilters::judge_tag(Bytes body, const Tags& tags) {
    wire::MsgpackReader in{body};
    std::string_view tag;
    std::string_view expression;
    read_struct(in, kTagFilterFields, kTagFilterOrder,
                [&](std::size_t field) { (field == 0 ? expression : tag) = in.text(); });
    if (in.failed()) return FilterVerdict::no_match;
    const auto own = tags.find(std::string{tag});
    const std::string_view value = own == tags.end() ? std::string_view{} : own->second;
    switch (patterns_.find(value, expression)) {
        case Found::yes:
            return FilterVerdict::match;
        case Found::no:
            break;
        case Found::over_budget:
            return FilterVerdict::over_budget;
    }
    return FilterVerdict::no_match;
}

}  // namespace rollcall::serf
