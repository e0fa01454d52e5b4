// SPDX-License-Identifier: Apache-2.0
//
// Bytes of real Serf peers: what we decode equals what they meant, and what we encode equals what
// they sent. Vectors are in tests/interop/vectors/serf_gossip.json, and in files that
// ROLLCALL_EXTRA_VECTORS adds. A vector is read by its shape: what it has in it, not its name.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
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
// An address that is not there is nil or empty, to the writer's liking.
const std::set<std::string> kAddressFields{"Addr", "IP"};

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
            if (value.is_null() && kAddressFields.contains(key)) result[key] = "";
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

// The first of these fields that is there; null when none is.
const json& one_of(const json& object, std::initializer_list<const char*> names) {
    static const json none;
    for (const char* name : names) {
        if (object.is_object() && object.contains(name)) return object[name];
    }
    return none;
}
bool has(const json& object, const char* name) {
    return object.is_object() && object.contains(name);
}

constexpr std::string_view kTypes[] = {
    "leave",       "join",          "pushPull",         "userEvent",
    "query",       "queryResponse", "conflictResponse", "keyRequest",
    "keyResponse", "relay"};

// "user_event", "userEvent:nil" and "messageUserEventType" are "userEvent".
std::string known_type(std::string_view written) {
    const auto plain = [](std::string_view from) {
        std::string letters;
        for (const char c : from.substr(0, from.find(':'))) {
            if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
                letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            }
        }
        return letters;
    };
    std::string letters = plain(written);
    if (letters.starts_with("message")) letters.erase(0, 7);
    std::string_view best;
    for (const std::string_view type : kTypes) {
        if (letters.starts_with(plain(type)) && type.size() > best.size()) best = type;
    }
    return std::string{best};
}

// What a body without a type is, by its fields.
std::string_view type_by_fields(const json& body) {
    if (body.is_null()) return "conflictResponse";
    if (has(body, "EventLTime")) return "pushPull";
    if (has(body, "DestAddr")) return "relay";
    if (has(body, "Filters")) return "query";
    if (has(body, "CC")) return "userEvent";
    if (has(body, "From") && has(body, "ID")) return "queryResponse";
    if (has(body, "Result")) return "keyResponse";
    if (has(body, "Prune")) return "leave";
    if (has(body, "LTime") && has(body, "Node")) return "join";
    if (has(body, "Tags")) return "conflictResponse";
    if (has(body, "Key")) return "keyRequest";
    return {};
}

bool is_all_text(const json& value) {
    return std::ranges::all_of(value, [](const json& part) { return part.is_string(); });
}

// Every message but tags begins with its type; the vectors of the newest codec are bodies alone.
bool lacks_type(Bytes bytes) {
    return bytes.empty() || std::to_integer<std::size_t>(bytes[0]) >= std::size(kTypes);
}
bool untyped(const json& vector) {
    return lacks_type(from_hex(vector["hex"].get<std::string>()));
}
Encoded with_first(std::size_t byte, Bytes rest) {
    Encoded whole(1 + rest.size());
    whole[0] = static_cast<std::byte>(byte);
    std::ranges::copy(rest, whole.begin() + 1);
    return whole;
}

class GoldenSerf : public testing::Test {
protected:
    bool ours_ = true;  // the vectors come with the tests
    int checked_ = 0;
    int rewritten_ = 0;   // encoded again, to the same bytes
    int translated_ = 0;  // written by another codec or hand: the same meaning, in our dialect

    // Decodes `body`, compares, encodes: the same bytes, or, for input that no Serf of the old
    // generation wrote, the same meaning.
    template <class Decode>
    void check(const json& vector, Bytes whole, const json& expected, Decode decode) {
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
        const bool foreign = !ours_ || vector.contains("accepted_by_real_agent") ||
                             vector.contains("made_by_hand") || untyped(vector);
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
        if (type == "pushPull") return check_state(whole, body);
        ADD_FAILURE() << "unknown type " << type;
    }

    void check_state(Bytes whole, const json& body) {
        const auto state = decode_push_pull_state(whole);
        ASSERT_TRUE(state) << wire::to_string(state.error());
        EXPECT_EQ(state->time.value(), body["LTime"]);
        EXPECT_EQ(state->event_time.value(), body["EventLTime"]);
        EXPECT_EQ(state->query_time.value(), body["QueryLTime"]);
        const json& listed_times = one_of(body, {"StatusLTimes"});
        const json& listed_left = one_of(body, {"LeftMembers"});
        json times = json::object();
        for (const MemberTime& m : state->status_times) times[text(m.name)] = m.time.value();
        EXPECT_EQ(times, listed_times.is_null() ? json::object() : listed_times);
        json left = json::array();
        for (const std::string_view member : state->left) left.push_back(text(member));
        EXPECT_EQ(left, listed_left.is_null() ? json::array() : listed_left);
        const bool listed = has(body, "Events") && body["Events"].is_array();
        if (!listed && ours_) {
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
        if (ours_) {
            EXPECT_GT(used, 0u);
        }
        Encoded again;
        encode_push_pull_state(*state, again);
        expect_rewritten(again, whole);
    }

    // With the message that it wraps, or its header alone.
    void check_relay(const json& vector, Encoded whole, const json& decoded) {
        const json& header = has(decoded, "header") ? decoded["header"] : decoded;
        const json& inner = one_of(decoded, {"inner", "message", "wrapped", "serf"});
        auto relay = decode_relay(Bytes{whole}.subspan(1));
        if (!relay && inner.is_null()) {
            whole.push_back(std::byte{0});
            relay = decode_relay(Bytes{whole}.subspan(1));
        }
        ASSERT_TRUE(relay) << wire::to_string(relay.error());
        json address = {{"IP", to_hex(relay->address.bytes())},
                        {"Port", relay->port},
                        {"Zone", text(relay->zone)}};
        const json expected = normal(header["DestAddr"]);
        for (const auto& [field, value] : expected.items()) EXPECT_EQ(address[field], value);
        if (has(header, "DestName")) {
            EXPECT_EQ(text(relay->node), header["DestName"]);
        }
        expect_rewritten(encoded(*relay), whole);
        if (!inner.is_null()) {
            check_meaning(vector, {relay->message.begin(), relay->message.end()}, inner);
        }
    }

    void check_tags(Bytes meta, const json& tags) {
        EXPECT_EQ(json(decode_tags(meta)), tags);
        ++checked_;
        const auto again = encode_tags(decode_tags(meta));
        ASSERT_TRUE(again);
        // Peers write a map of tags in any order.
        EXPECT_EQ(again->size(), meta.size());
        EXPECT_EQ(decode_tags(*again), decode_tags(meta));
        ++(to_hex(*again) == to_hex(meta) ? rewritten_ : translated_);
    }

    // What others recorded may be of the newest codec, whose bytes we read and do not write.
    void expect_rewritten(Bytes again, Bytes whole) {
        const bool same = to_hex(again) == to_hex(whole);
        EXPECT_TRUE(same || !ours_) << to_hex(again) << " instead of " << to_hex(whole);
        ++checked_;
        ++(same ? rewritten_ : translated_);
    }

    // How a member that leaves or fails is encoded.
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
        if (meant["Vec"].size() != kDimensions) {  // of another configuration: refused, as by Serf
            ASSERT_FALSE(place);
            EXPECT_EQ(place.error(), CoordinateRefusal::dimensions);
            ++checked_, ++translated_;
            return;
        }
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
        if (!body.empty() && body[0] == std::byte{0}) body = body.subspan(1);
        const auto filters = encode_filters(names, {});
        ASSERT_EQ(filters.size(), 1u);
        const Bytes ours{filters.front()};
        QueryFilters judge{still_clock()};
        EXPECT_EQ(judge.judge(std::array{ours}, {names.front(), {}}), FilterVerdict::match);
        EXPECT_EQ(judge.judge(std::array{ours}, {"unknown", {}}), FilterVerdict::no_match);
        expect_rewritten(ours.subspan(1), body);
    }

    void check_vector(const json& vector) {
        SCOPED_TRACE(vector.value("name", vector["hex"].get<std::string>().substr(0, 40)));
        check_meaning(vector, from_hex(vector["hex"].get<std::string>()), vector["decoded"]);
    }

    void check_meaning(const json& vector, const Encoded& bytes, const json& decoded) {
        if (has(decoded, "memberlistType")) return check_carried(vector, bytes, decoded);
        if (has(decoded, "tags")) return check_tags(bytes, decoded["tags"]);
        if (has(decoded, "Meta_decoded_tags")) {
            const auto alive = wire::decode_alive(Bytes{bytes}.subspan(1));
            ASSERT_TRUE(alive);
            return check_tags(alive->meta.value_or(Bytes{}), decoded["Meta_decoded_tags"]);
        }
        if (has(decoded, "Incarnation")) return check_accusation(bytes, decoded);
        if (has(decoded, "coordinate")) return check_coordinate(bytes, decoded["coordinate"]);
        if (has(decoded, "Vec")) {
            return check_coordinate(lacks_type(bytes) ? with_first(1, bytes) : bytes, decoded);
        }
        if (decoded.is_array() && is_all_text(decoded)) return check_names_filter(bytes, decoded);
        const bool has_type = has(decoded, "type");
        if (!has_type && decoded.is_object() && is_all_text(decoded)) {
            return check_tags(
                lacks_type(bytes) && bytes[0] != std::byte{0xff} ? with_first(0xff, bytes) : bytes,
                decoded);
        }
        const json& meant =
            has_type && !has(decoded, "header") ? one_of(decoded, {"body", "fields"}) : decoded;
        const std::string type{has_type ? known_type(decoded["type"].get<std::string>())
                                        : type_by_fields(meant)};
        const auto* known = std::ranges::find(kTypes, type);
        ASSERT_NE(known, std::end(kTypes)) << "no type has this shape: " << decoded;
        const auto number = static_cast<std::size_t>(known - std::begin(kTypes));
        const Encoded whole = lacks_type(bytes) ? with_first(number, bytes) : bytes;
        if (type == "relay") return check_relay(vector, whole, decoded);
        check_typed(vector, whole, type, meant);
        if (!has(decoded, "payload_decoded")) return;
        const json& inner = decoded["payload_decoded"];
        const Encoded payload = from_hex(canonical(meant["Payload"]).get<std::string>());
        check_typed(vector, payload, known_type(inner["type"].get<std::string>()), inner["body"]);
    }

    // Whole messages of memberlist, with what they carry for Serf.
    void check_carried(const json& vector, const Encoded& bytes, const json& decoded) {
        const std::string type = decoded["memberlistType"];
        const json& body = one_of(decoded, {"serf", "body", "fields", "message"});
        if (type.starts_with("ack")) return check_ack(bytes, body);
        if (!type.starts_with("user")) return check_meaning(vector, bytes, body);
        constexpr auto kUser = static_cast<std::byte>(wire::MessageType::user);
        const bool carried =
            bytes.size() > 1 && bytes[0] == kUser && !lacks_type(Bytes{bytes}.subspan(1));
        check_meaning(vector, carried ? Encoded(bytes.begin() + 1, bytes.end()) : bytes, body);
    }

    void check_file(const rollcall::tests::VectorFile& file) {
        ours_ = file.ours;
        checked_ = rewritten_ = translated_ = 0;
        for (const json& vector : file.entries) check_vector(vector);
        std::cout << file.name << ": " << file.entries.size() << " vectors, " << checked_
                  << " messages decoded, " << rewritten_ << " encoded to the same bytes, "
                  << translated_ << " to the same meaning\n";
    }
};

TEST_F(GoldenSerf, EveryMessageOfRealPeersIsReadAndWrittenAsTheyDo) {
    const auto files = rollcall::tests::vector_files(rollcall::tests::VectorKind::gossip);
    ASSERT_FALSE(files.empty());
    for (const auto& file : files) {
        check_file(file);
        EXPECT_GE(checked_, static_cast<int>(file.entries.size())) << file.name;
        EXPECT_EQ(checked_, rewritten_ + translated_) << file.name;
    }
}

TEST(Vectors, EachKindIsReadByATest) {
    for (const auto& file : rollcall::tests::all_vector_files()) {
        EXPECT_FALSE(file.entries.empty()) << file.name;
        for (const json& entry : file.entries) {
            EXPECT_NE(rollcall::tests::kind_of(entry), rollcall::tests::VectorKind::unknown)
                << file.name << ": " << entry.value("name", entry.dump().substr(0, 80));
        }
    }
}

TEST(Vectors, TypesAreKnownInEverySpelling) {
    EXPECT_EQ(known_type("user_event"), "userEvent");
    EXPECT_EQ(known_type("messageQueryResponseType"), "queryResponse");
    EXPECT_EQ(known_type("query-2"), "query");
    EXPECT_EQ(known_type("conflictResponse:nil"), "conflictResponse");
    EXPECT_EQ(known_type("nonsense"), "");
}

}  // namespace
}  // namespace rollcall::serf
