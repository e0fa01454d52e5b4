// SPDX-License-Identifier: Apache-2.0
//
// Bytes of real Serf peers: what we decode equals what they meant, and what we encode equals what
// they sent. Vectors are in tests/interop/vectors/serf_gossip.json, and in files with this in their
// name that ROLLCALL_EXTRA_VECTORS adds.
#include <gtest/gtest.h>

#include <array>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "serf/answers.h"
#include "serf/coordinate.h"
#include "serf/messages.h"
#include "serf/push_pull_state.h"
#include "serf/query_filters.h"
#include "serf/tags.h"
#include "support/vectors.h"
#include "wire/messages.h"

namespace rollcall::serf {
namespace {

using nlohmann::json;
using Encoded = std::vector<std::byte>;

using rollcall::tests::from_hex;
using rollcall::tests::to_hex;

// Vectors write bytes as {"$raw": hex}, or as text where they are text; null is msgpack nil.
json canonical(json value) {
    if (value.is_string()) return to_hex(as_bytes(value.get_ref<const std::string&>()));
    if (value.is_object() && value.contains("$raw")) return value["$raw"];
    return value;
}
json of(const std::optional<Bytes>& bytes) {
    return bytes ? json(to_hex(*bytes)) : json();
}
std::string text(std::string_view value) {
    return std::string{value};
}

const std::set<std::string> kByteFields{"Addr", "Payload", "Key", "IP", "Filters"};

json normal(const json& body) {
    json result = json::object();
    for (const auto& [key, value] : body.items()) {
        if (!kByteFields.contains(key)) {
            result[key] = value;
        } else if (value.is_array()) {
            result[key] = json::array();
            for (const json& element : value) result[key].push_back(canonical(element));
        } else {
            result[key] = canonical(value);
        }
    }
    return result;
}

json shown(const JoinIntent& m) {
    return {{"LTime", m.time.value()}, {"Node", text(m.node)}};
}
json shown(const LeaveIntent& m) {
    return {{"LTime", m.time.value()}, {"Node", text(m.node)}, {"Prune", m.prune}};
}
json shown(const UserEvent& m) {
    return {{"LTime", m.time.value()},
            {"Name", text(m.name)},
            {"Payload", of(m.payload)},
            {"CC", m.coalesce}};
}
json shown(const Query& m) {
    json filters;
    if (m.filters) {
        filters = json::array();
        for (const Bytes filter : *m.filters) filters.push_back(to_hex(filter));
    }
    return {{"LTime", m.time.value()},
            {"ID", m.id},
            {"Addr", to_hex(m.address.bytes())},
            {"Port", m.port},
            {"SourceNode", text(m.source_node)},
            {"Filters", filters},
            {"Flags", m.flags},
            {"RelayFactor", m.relay_factor},
            {"Timeout", m.timeout.count()},
            {"Name", text(m.name)},
            {"Payload", of(m.payload)}};
}
json shown(const QueryResponse& m) {
    return {{"LTime", m.time.value()},
            {"ID", m.id},
            {"From", text(m.from)},
            {"Flags", m.flags},
            {"Payload", of(m.payload)}};
}
json shown(const ConflictResponse& m) {
    if (!m.member) return {};
    return {{"Name", text(m.member->name)},
            {"Addr", to_hex(m.member->address.bytes())},
            {"Port", m.member->port},
            {"Tags", m.member->tags},
            {"Status", static_cast<int>(m.member->status)},
            {"ProtocolMin", m.member->versions.pmin},
            {"ProtocolMax", m.member->versions.pmax},
            {"ProtocolCur", m.member->versions.pcur},
            {"DelegateMin", m.member->versions.dmin},
            {"DelegateMax", m.member->versions.dmax},
            {"DelegateCur", m.member->versions.dcur}};
}
json shown(const KeyRequest& m) {
    return {{"Key", of(m.key)}};
}
json shown(const KeyResponse& m) {
    json keys;
    if (m.keys) {
        keys = json::array();
        for (const std::string_view key : *m.keys) keys.push_back(text(key));
    }
    return {{"Result", m.result},
            {"Message", text(m.message)},
            {"Keys", keys},
            {"PrimaryKey", text(m.primary_key)}};
}
json shown_slot(const PushPullState& state, const StateSlot& slot) {
    if (!slot.used) return {};
    json events = json::array();
    for (std::size_t i = 0; i < slot.count; ++i) {
        const StateEvent& e = state.events[slot.first + i];
        events.push_back({{"Name", text(e.name)}, {"Payload", of(e.payload)}});
    }
    return {{"LTime", slot.time.value()}, {"Events", events}};
}

json shown(const wire::Accusation& m) {
    return {{"From", text(m.from)}, {"Incarnation", m.incarnation.value()}, {"Node", text(m.node)}};
}
json shown(const Coordinate& m) {
    return {{"Vec", m.vec}, {"Error", m.error}, {"Adjustment", m.adjustment}, {"Height", m.height}};
}

class GoldenSerf : public testing::Test {
protected:
    int checked_ = 0;
    int rewritten_ = 0;   // encoded again, to the same bytes
    int translated_ = 0;  // written by another codec or hand: the same meaning, in our dialect

    // Decodes `body`, compares, encodes: the same bytes, or, for input that no Serf of the old
    // generation wrote, the same meaning.
    template <class Decode>
    void check(const json& vector, Bytes whole, const json& expected, Decode decode) {
        const std::string name = vector["name"];
        SCOPED_TRACE(name);
        const auto message = decode(whole.subspan(1));
        ASSERT_TRUE(message) << to_string(message.error());
        // Fields that the vector's writer left out are zero with us: compare what it has.
        json ours = shown(*message);
        if (expected.is_object() && expected.size() < ours.size()) {
            for (auto it = ours.begin(); it != ours.end();) {
                it = expected.contains(it.key()) ? std::next(it) : ours.erase(it);
            }
        }
        EXPECT_EQ(ours, expected.is_object() ? normal(expected) : expected);
        const Encoded again = encoded(*message);
        ++checked_;
        if (to_hex(again) == to_hex(whole)) {
            ++rewritten_;
            return;
        }
        const bool foreign =
            vector.contains("accepted_by_real_agent") || name.starts_with("newest-codec:");
        EXPECT_TRUE(foreign) << "re-encoded as " << to_hex(again);
        const auto twice = decode(Bytes{again}.subspan(1));
        ASSERT_TRUE(twice);
        EXPECT_EQ(shown(*twice), shown(*message));
        ++translated_;
    }

    void check_typed(const json& vector, Bytes whole, const std::string& type, const json& body) {
        ASSERT_FALSE(whole.empty());
        if (type == "join") return check(vector, whole, body, decode_join);
        if (type == "leave") return check(vector, whole, body, decode_leave);
        if (type == "userEvent") return check(vector, whole, body, decode_user_event);
        if (type == "query") return check(vector, whole, body, decode_query);
        if (type == "queryResponse") return check(vector, whole, body, decode_query_response);
        if (type == "conflictResponse") return check(vector, whole, body, decode_conflict_response);
        if (type == "keyRequest") return check(vector, whole, body, decode_key_request);
        if (type == "keyResponse") return check(vector, whole, body, decode_key_response);
        if (type == "pushPull") return check_state(vector, whole, body);
        ADD_FAILURE() << "unknown type " << type;
    }

    void check_state(const json& vector, Bytes whole, const json& body) {
        const std::string name = vector["name"];
        SCOPED_TRACE(name);
        const auto state = decode_push_pull_state(whole);
        ASSERT_TRUE(state) << wire::to_string(state.error());
        EXPECT_EQ(state->time.value(), body["LTime"]);
        EXPECT_EQ(state->event_time.value(), body["EventLTime"]);
        EXPECT_EQ(state->query_time.value(), body["QueryLTime"]);
        json times = json::object();
        for (const MemberTime& m : state->status_times) times[text(m.name)] = m.time.value();
        EXPECT_EQ(times, body["StatusLTimes"]);
        json left = json::array();
        for (const std::string_view member : state->left) left.push_back(text(member));
        EXPECT_EQ(left, body["LeftMembers"]);
        const bool listed = body["Events"].is_array();
        if (!listed) {
            EXPECT_EQ(state->slots.size(), 512u);
        }
        std::size_t used = 0;
        for (std::size_t i = 0; i < state->slots.size(); ++i) {
            const json slot = shown_slot(*state, state->slots[i]);
            used += state->slots[i].used ? 1 : 0;
            json expected;
            if (listed) {
                expected = body["Events"].at(i);
            } else if (body.contains("Events_nonnil")) {
                expected = body["Events_nonnil"].value(std::to_string(i), json());
            } else {
                continue;
            }
            if (expected.is_object()) {
                for (json& event : expected["Events"]) event = normal(event);
            }
            EXPECT_EQ(slot, expected) << "slot " << i;
        }
        EXPECT_GT(used, 0u);
        Encoded again;
        encode_push_pull_state(*state, again);
        expect_rewritten(again, whole);
    }

    void check_relay(const json& vector, Bytes whole) {
        const std::string name = vector["name"];
        SCOPED_TRACE(name);
        const json& decoded = vector["decoded"];
        const auto relay = decode_relay(whole.subspan(1));
        ASSERT_TRUE(relay) << wire::to_string(relay.error());
        const json address = {{"IP", to_hex(relay->address.bytes())},
                              {"Port", relay->port},
                              {"Zone", text(relay->zone)}};
        EXPECT_EQ(address, normal(decoded["header"]["DestAddr"]));
        EXPECT_EQ(text(relay->node), decoded["header"]["DestName"]);
        expect_rewritten(encoded(*relay), whole);
        check_typed(vector, relay->message, decoded["inner"]["type"], decoded["inner"]["body"]);
    }

    void check_tags(const json& vector, Bytes meta, const json& tags) {
        const std::string name = vector["name"];
        SCOPED_TRACE(name);
        EXPECT_EQ(json(decode_tags(meta)), tags);
        ++checked_;
        const auto again = encode_tags(decode_tags(meta));
        ASSERT_TRUE(again);
        // Peers write a map of tags in any order.
        EXPECT_EQ(again->size(), meta.size());
        EXPECT_EQ(decode_tags(*again), decode_tags(meta));
        ++(to_hex(*again) == to_hex(meta) ? rewritten_ : translated_);
    }

    void expect_rewritten(Bytes again, Bytes whole) {
        EXPECT_EQ(to_hex(again), to_hex(whole));
        ++checked_;
        ++rewritten_;
    }

    // How a member that leaves or fails is told of.
    void check_accusation(Bytes whole, const json& meant) {
        const auto claim = wire::decode_accusation(whole.subspan(1));
        ASSERT_TRUE(claim) << wire::to_string(claim.error());
        EXPECT_EQ(shown(*claim), meant);
        Encoded again(whole.size());
        ByteWriter out{again};
        const bool dead = whole[0] == static_cast<std::byte>(wire::MessageType::dead);
        EXPECT_TRUE(dead ? wire::encode_dead(*claim, out) : wire::encode_suspect(*claim, out));
        expect_rewritten(again, whole);
    }

    void check_coordinate(Bytes payload, const json& meant) {
        const auto place = decode_payload(payload);
        ASSERT_TRUE(place) << to_string(place.error());
        EXPECT_EQ(shown(*place), meant);
        Encoded again(payload.size());
        EXPECT_EQ(encode_payload(*place, again), payload.size());
        expect_rewritten(again, payload);
    }

    void check_ack(Bytes whole, const json& meant) {
        const auto ack = wire::decode_ack(whole.subspan(1));
        ASSERT_TRUE(ack) << wire::to_string(ack.error());
        EXPECT_EQ(ack->sequence.value(), meant["SeqNo"]);
        check_coordinate(ack->payload.value_or(Bytes{}), meant["Payload"]["coordinate"]);
    }

    void check_names_filter(Bytes body, const std::vector<std::string>& names) {
        const auto filters = encode_filters(names, {});
        ASSERT_EQ(filters.size(), 1u);
        const Bytes ours{filters.front()};
        QueryFilters judge;
        EXPECT_EQ(judge.judge({}, std::array{ours}, {names.front(), {}}), FilterVerdict::match);
        EXPECT_EQ(judge.judge({}, std::array{ours}, {"nobody", {}}), FilterVerdict::no_match);
        expect_rewritten(ours.subspan(1), body);
    }

    void check_vector(const json& vector) {
        const std::string name = vector["name"];
        SCOPED_TRACE(name);
        const Encoded bytes = from_hex(vector["hex"].get<std::string>());
        const json& decoded = vector["decoded"];
        if (name.starts_with("newest-codec:")) return check_newest(vector, bytes);
        if (decoded.contains("tags")) return check_tags(vector, bytes, decoded["tags"]);
        if (decoded.contains("Meta_decoded_tags")) {
            const auto alive = wire::decode_alive(Bytes{bytes}.subspan(1));
            ASSERT_TRUE(alive);
            return check_tags(vector, alive->meta.value_or(Bytes{}), decoded["Meta_decoded_tags"]);
        }
        if (decoded.contains("Incarnation")) return check_accusation(bytes, decoded);
        if (decoded.contains("coordinate")) return check_coordinate(bytes, decoded["coordinate"]);
        if (decoded.contains("memberlistType")) return check_ack(bytes, decoded["body"]);
        ASSERT_FALSE(bytes.empty());
        if (decoded["type"] == "relay") return check_relay(vector, bytes);
        check_typed(vector, bytes, decoded["type"], decoded["body"]);
        if (!decoded.contains("payload_decoded")) return;
        const json& inner = decoded["payload_decoded"];
        const Encoded payload = from_hex(canonical(decoded["body"]["Payload"]).get<std::string>());
        check_typed(vector, payload, inner["type"], inner["body"]);
    }

    // The newest peers' codec: bodies without their type byte.
    void check_newest(const json& vector, const Encoded& body) {
        const std::string kind = vector["name"].get<std::string>().substr(13);
        const auto typed = [&](MessageType type, const std::string& name) {
            Encoded whole{static_cast<std::byte>(type)};
            whole.insert(whole.end(), body.begin(), body.end());
            check_typed(vector, whole, name, vector["decoded"]);
        };
        if (kind == "join") return typed(MessageType::join, "join");
        if (kind == "leave") return typed(MessageType::leave, "leave");
        if (kind.starts_with("ue")) return typed(MessageType::user_event, "userEvent");
        if (kind == "query") return typed(MessageType::query, "query");
        if (kind == "qr") return typed(MessageType::query_response, "queryResponse");
        if (kind == "pp") return typed(MessageType::push_pull, "pushPull");
        if (kind.starts_with("member")) {
            return typed(MessageType::conflict_response, "conflictResponse");
        }
        if (kind.starts_with("tags")) {
            Encoded meta{std::byte{0xff}};
            meta.insert(meta.end(), body.begin(), body.end());
            return check_tags(vector, meta, vector["decoded"]);
        }
        if (kind == "filternode") return check_names_filter(body, vector["decoded"]);
        if (kind == "coord") {
            Encoded payload{std::byte{1}};  // the version
            payload.insert(payload.end(), body.begin(), body.end());
            return check_coordinate(payload, vector["decoded"]);
        }
        ADD_FAILURE() << "unknown kind " << kind;
    }

    void check_file(const rollcall::tests::VectorFile& file) {
        checked_ = rewritten_ = translated_ = 0;
        for (const json& vector : file.content) check_vector(vector);
        std::cout << file.name << ": " << file.content.size() << " vectors, " << checked_
                  << " messages decoded, " << rewritten_ << " encoded to the same bytes, "
                  << translated_ << " to the same meaning\n";
    }
};

TEST_F(GoldenSerf, EveryMessageOfRealPeersIsReadAndWrittenAsTheyDo) {
    const auto files = rollcall::tests::vector_files("serf_gossip");
    ASSERT_FALSE(files.empty());
    for (const auto& file : files) {
        check_file(file);
        EXPECT_GE(checked_, static_cast<int>(file.content.size())) << file.name;
        EXPECT_EQ(checked_, rewritten_ + translated_) << file.name;
    }
}

}  // namespace
}  // namespace rollcall::serf
