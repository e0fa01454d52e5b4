// SPDX-License-Identifier: Apache-2.0
#include "rpc/messages.h"

#include "rpc/fields.h"

namespace rollcall::agent::rpc {
namespace fields {

// One table a message, in declaration order: the order of the array form.
template <>
struct Describe<RequestHeader> {
    static constexpr auto fields =
        std::tuple{Field{"Command", &RequestHeader::command}, Field{"Seq", &RequestHeader::seq}};
};
template <>
struct Describe<ResponseHeader> {
    // A server's array form would be [Seq, Error]; only the map form is ever seen.
    static constexpr auto fields =
        std::tuple{Field{"Seq", &ResponseHeader::seq}, Field{"Error", &ResponseHeader::error}};
};
template <>
struct Describe<HandshakeRequest> {
    static constexpr auto fields = std::tuple{Field{"Version", &HandshakeRequest::version}};
};
template <>
struct Describe<AuthRequest> {
    static constexpr auto fields = std::tuple{Field{"AuthKey", &AuthRequest::auth_key}};
};
template <>
struct Describe<JoinRequest> {
    static constexpr auto fields = std::tuple{Field{"Existing", &JoinRequest::existing},
                                              Field{"Replay", &JoinRequest::replay}};
};
template <>
struct Describe<MembersFilteredRequest> {
    static constexpr auto fields = std::tuple{Field{"Tags", &MembersFilteredRequest::tags},
                                              Field{"Status", &MembersFilteredRequest::status},
                                              Field{"Name", &MembersFilteredRequest::name}};
};
template <>
struct Describe<ForceLeaveRequest> {
    static constexpr auto fields = std::tuple{Field{"Node", &ForceLeaveRequest::node},
                                              Field{"Prune", &ForceLeaveRequest::prune}};
};
template <>
struct Describe<TagsRequest> {
    static constexpr auto fields = std::tuple{Field{"Tags", &TagsRequest::tags},
                                              Field{"DeleteTags", &TagsRequest::delete_tags}};
};
template <>
struct Describe<StreamRequest> {
    static constexpr auto fields = std::tuple{Field{"Type", &StreamRequest::type}};
};
template <>
struct Describe<MonitorRequest> {
    static constexpr auto fields = std::tuple{Field{"LogLevel", &MonitorRequest::log_level}};
};
template <>
struct Describe<EventRequest> {
    static constexpr auto fields =
        std::tuple{Field{"Name", &EventRequest::name}, Field{"Payload", &EventRequest::payload},
                   Field{"Coalesce", &EventRequest::coalesce}};
};
template <>
struct Describe<QueryRequest> {
    static constexpr auto fields = std::tuple{Field{"FilterNodes", &QueryRequest::filter_nodes},
                                              Field{"FilterTags", &QueryRequest::filter_tags},
                                              Field{"RequestAck", &QueryRequest::request_ack},
                                              Field{"RelayFactor", &QueryRequest::relay_factor},
                                              Field{"Timeout", &QueryRequest::timeout},
                                              Field{"Name", &QueryRequest::name},
                                              Field{"Payload", &QueryRequest::payload}};
};
template <>
struct Describe<RespondRequest> {
    static constexpr auto fields =
        std::tuple{Field{"ID", &RespondRequest::id}, Field{"Payload", &RespondRequest::payload}};
};
template <>
struct Describe<KeyRequest> {
    static constexpr auto fields = std::tuple{Field{"Key", &KeyRequest::key}};
};
template <>
struct Describe<KeysResponse> {
    static constexpr auto fields = std::tuple{
        Field{"Messages", &KeysResponse::messages}, Field{"Keys", &KeysResponse::keys},
        Field{"NumNodes", &KeysResponse::num_nodes}, Field{"NumErr", &KeysResponse::num_err},
        Field{"NumResp", &KeysResponse::num_resp}};
};
template <>
struct Describe<NodeKeys> {
    static constexpr auto fields =
        std::tuple{Field{"Node", &NodeKeys::node}, Field{"Result", &NodeKeys::result},
                   Field{"Message", &NodeKeys::message}, Field{"Keys", &NodeKeys::keys},
                   Field{"Primary", &NodeKeys::primary}};
};
template <>
struct Describe<KeyTableResponse> {
    static constexpr auto fields = std::tuple{Field{"Nodes", &KeyTableResponse::nodes},
                                              Field{"NumNodes", &KeyTableResponse::num_nodes}};
};
template <>
struct Describe<AnswerRecord> {
    static constexpr auto fields =
        std::tuple{Field{"Type", &AnswerRecord::type}, Field{"From", &AnswerRecord::from},
                   Field{"Payload", &AnswerRecord::payload}};
};
template <>
struct Describe<GetCoordinateRequest> {
    static constexpr auto fields = std::tuple{Field{"Node", &GetCoordinateRequest::node}};
};
template <>
struct Describe<WhyRequest> {
    static constexpr auto fields = std::tuple{Field{"Node", &WhyRequest::node}};
};
template <>
struct Describe<TuneRequest> {
    static constexpr auto fields = std::tuple{Field{"Request", &TuneRequest::request}};
};
template <>
struct Describe<TuneResponse> {
    static constexpr auto fields = std::tuple{Field{"Answer", &TuneResponse::answer}};
};
template <>
struct Describe<JournalRequest> {
    static constexpr auto fields = std::tuple{
        Field{"Since", &JournalRequest::since}, Field{"Last", &JournalRequest::last},
        Field{"LogLevel", &JournalRequest::log_level}, Field{"Member", &JournalRequest::member}};
};
template <>
struct Describe<DoctorRequest> {
    static constexpr auto fields = std::tuple{Field{"Peer", &DoctorRequest::peer}};
};
template <>
struct Describe<DoctorFinding> {
    static constexpr auto fields =
        std::tuple{Field{"Check", &DoctorFinding::check}, Field{"Grade", &DoctorFinding::grade},
                   Field{"Cause", &DoctorFinding::cause}, Field{"What", &DoctorFinding::what},
                   Field{"Remedy", &DoctorFinding::remedy}};
};
template <>
struct Describe<DoctorResponse> {
    static constexpr auto fields = std::tuple{Field{"Findings", &DoctorResponse::findings}};
};
template <>
struct Describe<StopRequest> {
    static constexpr auto fields = std::tuple{Field{"Stop", &StopRequest::stop}};
};
template <>
struct Describe<JoinResponse> {
    static constexpr auto fields = std::tuple{Field{"Num", &JoinResponse::num}};
};
template <>
struct Describe<Member> {
    static constexpr auto fields = std::tuple{Field{"Name", &Member::name},
                                              Field{"Addr", &Member::addr},
                                              Field{"Port", &Member::port},
                                              Field{"Tags", &Member::tags},
                                              Field{"Status", &Member::status},
                                              Field{"ProtocolMin", &Member::protocol_min},
                                              Field{"ProtocolMax", &Member::protocol_max},
                                              Field{"ProtocolCur", &Member::protocol_cur},
                                              Field{"DelegateMin", &Member::delegate_min},
                                              Field{"DelegateMax", &Member::delegate_max},
                                              Field{"DelegateCur", &Member::delegate_cur}};
};
template <>
struct Describe<MembersResponse> {
    static constexpr auto fields = std::tuple{Field{"Members", &MembersResponse::members}};
};
template <>
struct Describe<MemberDetails> {
    static constexpr auto fields = std::tuple{
        Field{"Member", &MemberDetails::member},  Field{"Time", &MemberDetails::time},
        Field{"State", &MemberDetails::state},    Field{"StateAge", &MemberDetails::state_age},
        Field{"By", &MemberDetails::by},          Field{"Incarnation", &MemberDetails::incarnation},
        Field{"AckAge", &MemberDetails::ack_age}, Field{"Rtt", &MemberDetails::rtt}};
};
template <>
struct Describe<MemberDetailsResponse> {
    static constexpr auto fields = std::tuple{Field{"Members", &MemberDetailsResponse::members}};
};
template <>
struct Describe<WhyResponse> {
    static constexpr auto fields =
        std::tuple{Field{"Time", &WhyResponse::time}, Field{"Known", &WhyResponse::known},
                   Field{"Member", &WhyResponse::member}, Field{"Records", &WhyResponse::records}};
};
template <>
struct Describe<JournalLine> {
    static constexpr auto fields = std::tuple{Field{"Record", &JournalLine::record}};
};
template <>
struct Describe<Coordinate> {
    static constexpr auto fields = std::tuple{
        Field{"Vec", &Coordinate::vec}, Field{"Error", &Coordinate::error},
        Field{"Adjustment", &Coordinate::adjustment}, Field{"Height", &Coordinate::height}};
};
template <>
struct Describe<GetCoordinateResponse> {
    static constexpr auto fields = std::tuple{Field{"Coord", &GetCoordinateResponse::coord},
                                              Field{"Ok", &GetCoordinateResponse::ok}};
};
template <>
struct Describe<LogRecord> {
    static constexpr auto fields = std::tuple{Field{"Log", &LogRecord::log}};
};
template <>
struct Describe<MemberEventRecord> {
    static constexpr auto fields = std::tuple{Field{"Event", &MemberEventRecord::event},
                                              Field{"Members", &MemberEventRecord::members}};
};
template <>
struct Describe<UserEventRecord> {
    static constexpr auto fields = std::tuple{
        Field{"Event", &UserEventRecord::event}, Field{"LTime", &UserEventRecord::ltime},
        Field{"Name", &UserEventRecord::name}, Field{"Payload", &UserEventRecord::payload},
        Field{"Coalesce", &UserEventRecord::coalesce}};
};
template <>
struct Describe<QueryRecord> {
    static constexpr auto fields =
        std::tuple{Field{"Event", &QueryRecord::event}, Field{"ID", &QueryRecord::id},
                   Field{"LTime", &QueryRecord::ltime}, Field{"Name", &QueryRecord::name},
                   Field{"Payload", &QueryRecord::payload}};
};
template <>
struct Describe<StreamRecord> {
    static constexpr auto fields = std::tuple{Field{"Event", &StreamRecord::event},
                                              Field{"Members", &StreamRecord::members},
                                              Field{"ID", &StreamRecord::id},
                                              Field{"LTime", &StreamRecord::ltime},
                                              Field{"Name", &StreamRecord::name},
                                              Field{"Payload", &StreamRecord::payload},
                                              Field{"Coalesce", &StreamRecord::coalesce}};
};

}  // namespace fields

template <class Message>
Result<Message, BadField> decode(const msgpack::object& object) {
    Message message{};
    if (object.is_nil()) return message;
    if (const auto bad = fields::read_message(object, message)) return *bad;
    return message;
}

template <class Message>
void append(std::string& out, const Message& message) {
    fields::StringSink sink{out};
    fields::Packer packer{sink};
    fields::write_message(packer, message);
}

template <>
Result<Stats, BadField> decode(const msgpack::object& object) {
    Stats stats;
    if (!object.is_nil() && !fields::read(object, stats)) return BadField{};
    return stats;
}

template <>
void append(std::string& out, const Stats& stats) {
    fields::StringSink sink{out};
    fields::Packer packer{sink};
    packer.pack_map(static_cast<std::uint32_t>(stats.size()));
    for (const auto& [section, values] : stats) {
        fields::pack_text(packer, section);
        fields::write(packer, values);
    }
}

#define ROLLCALL_RPC_MESSAGE(Type)                                        \
    template Result<Type, BadField> decode<Type>(const msgpack::object&); \
    template void append<Type>(std::string&, const Type&)

ROLLCALL_RPC_MESSAGE(RequestHeader);
ROLLCALL_RPC_MESSAGE(ResponseHeader);
ROLLCALL_RPC_MESSAGE(HandshakeRequest);
ROLLCALL_RPC_MESSAGE(AuthRequest);
ROLLCALL_RPC_MESSAGE(JoinRequest);
ROLLCALL_RPC_MESSAGE(MembersFilteredRequest);
ROLLCALL_RPC_MESSAGE(ForceLeaveRequest);
ROLLCALL_RPC_MESSAGE(TagsRequest);
ROLLCALL_RPC_MESSAGE(StreamRequest);
ROLLCALL_RPC_MESSAGE(MonitorRequest);
ROLLCALL_RPC_MESSAGE(EventRequest);
ROLLCALL_RPC_MESSAGE(QueryRequest);
ROLLCALL_RPC_MESSAGE(RespondRequest);
ROLLCALL_RPC_MESSAGE(KeyRequest);
ROLLCALL_RPC_MESSAGE(KeysResponse);
ROLLCALL_RPC_MESSAGE(NodeKeys);
ROLLCALL_RPC_MESSAGE(KeyTableResponse);
ROLLCALL_RPC_MESSAGE(AnswerRecord);
ROLLCALL_RPC_MESSAGE(GetCoordinateRequest);
ROLLCALL_RPC_MESSAGE(WhyRequest);
ROLLCALL_RPC_MESSAGE(TuneRequest);
ROLLCALL_RPC_MESSAGE(TuneResponse);
ROLLCALL_RPC_MESSAGE(JournalRequest);
ROLLCALL_RPC_MESSAGE(DoctorRequest);
ROLLCALL_RPC_MESSAGE(DoctorFinding);
ROLLCALL_RPC_MESSAGE(DoctorResponse);
ROLLCALL_RPC_MESSAGE(StopRequest);
ROLLCALL_RPC_MESSAGE(JoinResponse);
ROLLCALL_RPC_MESSAGE(Member);
ROLLCALL_RPC_MESSAGE(MembersResponse);
ROLLCALL_RPC_MESSAGE(MemberDetails);
ROLLCALL_RPC_MESSAGE(MemberDetailsResponse);
ROLLCALL_RPC_MESSAGE(WhyResponse);
ROLLCALL_RPC_MESSAGE(JournalLine);
ROLLCALL_RPC_MESSAGE(Coordinate);
ROLLCALL_RPC_MESSAGE(GetCoordinateResponse);
ROLLCALL_RPC_MESSAGE(LogRecord);
ROLLCALL_RPC_MESSAGE(MemberEventRecord);
ROLLCALL_RPC_MESSAGE(UserEventRecord);
ROLLCALL_RPC_MESSAGE(QueryRecord);
ROLLCALL_RPC_MESSAGE(StreamRecord);
#undef ROLLCALL_RPC_MESSAGE

void append_members_response_head(std::string& out, std::uint32_t count) {
    fields::StringSink sink{out};
    fields::Packer packer{sink};
    packer.pack_map(1);
    fields::pack_text(packer, "Members");
    packer.pack_array(count);
}

void append_member_details_response_head(std::string& out, std::uint32_t count) {
    append_members_response_head(out, count);  // the field has the same name
}

void append_member_event_head(std::string& out, std::string_view event, std::uint32_t count) {
    fields::StringSink sink{out};
    fields::Packer packer{sink};
    packer.pack_map(2);
    fields::pack_text(packer, "Event");
    fields::pack_text(packer, event);
    fields::pack_text(packer, "Members");
    packer.pack_array(count);
}

}  // namespace rollcall::agent::rpc
