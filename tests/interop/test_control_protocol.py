# SPDX-License-Identifier: Apache-2.0
"""The control protocol, object by object: the same questions to a Serf and to a rollcall agent.

Each test states what must come back and runs against both kinds, so the statement itself is checked
against Serf in every run.
"""

import msgpack
import pytest

from harness.cluster import effective_kind
from harness.rpc import Closed, Rpc, RpcError, request
from harness.waiting import wait_until

VERSION = {"Version": 1}
KINDS = [pytest.param("serf", marks=pytest.mark.serf),
         pytest.param("rollcall", marks=pytest.mark.rollcall)]


@pytest.fixture(scope="module", params=KINDS)
def agent(request, module_clusters):
    """One agent alone, of each kind in turn."""
    cluster = module_clusters(request.param)
    return cluster.start(request.param, "solo", tags={"role": "web", "zone": "z1"})


@pytest.fixture
def bare(agent):
    """A connection on which nothing was said yet."""
    with Rpc(agent.rpc_endpoint, handshake=False) as rpc:
        yield rpc


@pytest.fixture
def rpc(agent):
    with agent.rpc() as connection:
        yield connection


def ok(seq):
    return {"Error": "", "Seq": seq}


def error(seq, text):
    return {"Error": text, "Seq": seq}


def assert_closed(rpc):
    with pytest.raises((Closed, ConnectionResetError)):
        rpc.read(timeout=5)


# --- the rules of a connection -----------------------------------------------------------------------

def test_nothing_goes_before_the_handshake(bare):
    bare.write(request("members", 1))
    assert bare.read() == error(1, "Handshake required")
    assert_closed(bare)


def test_another_version_may_be_followed_by_the_right_one(bare):
    bare.write(request("handshake", 1, {"Version": 9}))
    assert bare.read() == error(1, "Unsupported IPC version")
    bare.write(request("handshake", 2, VERSION))
    assert bare.read() == ok(2)


def test_a_second_handshake_is_refused_and_harmless(bare):
    bare.write(request("handshake", 1, VERSION) * 2 + request("leave-not", 3))
    assert [bare.read(), bare.read()] == [ok(1), error(1, "Handshake already performed")]
    assert bare.read() == error(3, "Unsupported command")


def test_an_unknown_command_closes_the_connection(rpc):
    rpc.write(request("frobnicate", 7))
    assert rpc.read() == error(7, "Unsupported command")
    assert_closed(rpc)


def test_a_token_where_none_is_set_is_invalid(rpc):
    with pytest.raises(RpcError, match="^Invalid authentication token$"):
        rpc.call("auth", {"AuthKey": "x"})
    assert rpc.members(), "and the connection stays open"


def test_sequence_numbers_are_echoed_with_all_64_bits(bare):
    for seq in (0, (1 << 32) + 1, (1 << 64) - 1):
        bare.write(request("handshake", seq, VERSION))
        assert bare.read()["Seq"] == seq


@pytest.mark.parametrize("data", [b"\xc1", b"\x93\x01\x02\x03", b"\xa5hello", b"\x2a"],
                         ids=["no msgpack", "array of numbers", "text", "number"])
def test_what_is_no_request_closes_without_a_word(rpc, data):
    rpc.write(data)
    assert_closed(rpc)


def test_requests_in_one_piece_are_answered_in_order(rpc):
    rpc.write(request("members", 10) + request("stats", 11) + request("force-leave", 12, {"Node": "nobody"})
              + request("join", 13, {"Existing": [], "Replay": False}) + request("members", 14))
    heads = []
    for seq, has_body in ((10, True), (11, True), (12, False), (13, True), (14, True)):
        heads.append(rpc.read())
        body = rpc.read() if has_body else None
        assert body is None or isinstance(body, dict), seq
    assert heads == [ok(seq) for seq in (10, 11, 12, 13, 14)]


def test_requests_in_single_bytes_are_understood(bare):
    for byte in request("handshake", 1, VERSION) + request("members", 2):
        bare.write(bytes([byte]))
    assert [bare.read(), bare.read()] == [ok(1), ok(2)]
    assert [member["Name"] for member in bare.read()["Members"]] == ["solo"]


# --- leniency ----------------------------------------------------------------------------------------

def test_keys_come_in_any_order_and_unknown_ones_are_skipped(bare):
    pack = msgpack.Packer().pack
    bare.write(pack({"Extra": [1, {"deep": None}], "Seq": 1, "Command": "handshake"})
               + pack({"Later": True, "Version": 1}))
    assert bare.read() == ok(1)


def test_objects_may_be_arrays_in_declaration_order(bare):
    pack = msgpack.Packer().pack
    bare.write(pack(["handshake", 1]) + pack([1]) + pack(["members-filtered", 2]) + pack([{}, "", "solo"]))
    assert [bare.read(), bare.read()] == [ok(1), ok(2)]
    assert len(bare.read()["Members"]) == 1


@pytest.mark.parametrize("body", [{}, {"Tags": None, "Status": None, "Name": None}, {"Name": ""}],
                         ids=["empty", "nil", "empty text"])
def test_missing_and_nil_filters_match_every_member(rpc, body):
    assert [member["Name"] for member in rpc.call("members-filtered", body)["Members"]] == ["solo"]


# --- members -----------------------------------------------------------------------------------------

def test_a_member_record_has_every_field_and_its_type(agent, rpc):
    (record,) = rpc.call("members")["Members"]
    host, port = agent.bind
    assert record == {
        "Name": "solo", "Addr": bytes(map(int, host.split("."))), "Port": port, "Status": "alive",
        "Tags": {"role": "web", "zone": "z1"}, "ProtocolMin": 1, "ProtocolMax": 5, "ProtocolCur": 2,
        "DelegateMin": 2, "DelegateMax": 5, "DelegateCur": 5}
    assert isinstance(record["Addr"], bytes), "bin, not text"


@pytest.mark.parametrize("filters,found", [
    ({"Name": "so"}, False), ({"Name": "so.*"}, True), ({"Name": "x|lo"}, True), ({"Name": "so|x"}, True),
    ({"Status": "alive"}, True), ({"Status": "liv"}, False), ({"Status": "failed|alive"}, True),
    ({"Tags": {"role": "w.b"}}, True), ({"Tags": {"role": "w"}}, False),
    ({"Tags": {"role": "web", "zone": "z2"}}, False), ({"Tags": {"absent": ""}}, True),
    ({"Tags": {"absent": ".+"}}, False), ({"name": "nobody"}, True),
], ids=str)
def test_filters_are_expressions_over_the_whole_value(rpc, filters, found):
    """Except that `a|b` is anchored at its outer ends only; and a key in another case is no key."""
    records = rpc.call("members-filtered", filters)["Members"]
    assert records is not None, "an empty list, never nil"
    assert [record["Name"] for record in records] == (["solo"] if found else [])


@pytest.mark.parametrize("filters", [{"Name": "["}, {"Status": "("}, {"Tags": {"role": "("}}], ids=str)
def test_a_broken_expression_closes_without_a_word(rpc, filters):
    rpc.write(request("members-filtered", 9, filters))
    assert_closed(rpc)


# --- tags, join, force-leave -------------------------------------------------------------------------

def test_set_wins_over_delete_and_the_rest_stays(rpc):
    rpc.tags({"a": "1", "b": "2"}, delete=["a", "zone"])
    assert rpc.members()["solo"].tags == {"role": "web", "a": "1", "b": "2"}
    rpc.tags({"zone": "z1"}, delete=["a", "b", "never-there"])
    assert rpc.members()["solo"].tags == {"role": "web", "zone": "z1"}


def test_tags_beyond_512_bytes_are_refused_and_nothing_changes(rpc):
    with pytest.raises(RpcError, match="^Encoded length of tags exceeds limit of 512 bytes$"):
        rpc.tags({"x": "y" * 512})
    assert rpc.members()["solo"].tags == {"role": "web", "zone": "z1"}


def test_tags_of_exactly_512_bytes_are_taken(rpc):
    """ff, the map's byte, a name of one, and a raw16 value behind three bytes of header."""
    rpc.tags({"x": "y" * (512 - 2 - 2 - 3)}, delete=["role", "zone"])
    assert len(rpc.members()["solo"].tags["x"]) == 505
    with pytest.raises(RpcError):
        rpc.tags({"x": "y" * 506})
    rpc.tags({"role": "web", "zone": "z1"}, delete=["x"])


def test_a_failed_join_has_a_number_beside_its_error(rpc):
    rpc.write(request("join", 5, {"Existing": ["127.0.0.1:1"], "Replay": False}))
    head = rpc.read()
    assert head["Seq"] == 5
    assert "127.0.0.1" in head["Error"] and "refused" in head["Error"], head
    assert rpc.read() == {"Num": 0}


def test_joining_no_address_succeeds(rpc):
    assert rpc.join() == 0


def test_forcing_out_an_unknown_member_succeeds(rpc):
    rpc.force_leave("nobody")
    rpc.force_leave("nobody", prune=True)
    rpc.call("force-leave", {"Node": "nobody"})  # Prune may be missing


# --- streams -----------------------------------------------------------------------------------------

def test_a_stream_has_an_update_and_stop_ends_it(agent, rpc):
    rpc.write(request("stream", 50, {"Type": "member-update"}))
    assert rpc.read() == ok(50)
    with agent.rpc() as other:
        other.tags({"tick": "1"})
        try:
            assert rpc.read() == ok(50), "a record carries the number of its stream"
            record = rpc.read()
            assert record["Event"] == "member-update"
            assert [member["Name"] for member in record["Members"]] == ["solo"]
            assert record["Members"][0]["Tags"]["tick"] == "1"
            rpc.write(request("stop", 51, {"Stop": 50}))
            assert rpc.read() == ok(51)
        finally:
            other.tags({}, delete=["tick"])
    assert rpc.members()["solo"].status == "alive", "and the connection goes on as before"


def test_streams_of_one_connection_are_separate(agent, rpc):
    rpc.write(request("stream", 60, {"Type": "member-update"})
              + request("stream", 61, {"Type": "member-join,member-update"})
              + request("stream", 60, {"Type": "*"}) + request("stream", 62, {"Type": "user:x"}))
    assert [rpc.read() for _ in range(4)] == [
        ok(60), ok(61), error(60, "Stream with given sequence exists"), ok(62)]
    with agent.rpc() as other:
        other.tags({"tick": "2"})
        heads = []
        for _ in range(2):
            heads.append(rpc.read()["Seq"])
            assert rpc.read()["Event"] == "member-update"
        assert sorted(heads) == [60, 61]
        other.tags({}, delete=["tick"])


@pytest.mark.parametrize("kinds", ["bogus", "member-join,bogus", "member-join member-leave"])
def test_a_wrong_filter_is_refused(rpc, kinds):
    with pytest.raises(RpcError, match="^Invalid event filter$"):
        rpc.stream(kinds)
    assert rpc.members()


def test_an_empty_filter_is_everything(agent, rpc):
    rpc.stream("")
    with agent.rpc() as other:
        other.tags({"tick": "3"})
        record = rpc.record(10)
        assert record["Event"].startswith("member-")
        other.tags({}, delete=["tick"])


def test_the_monitor_replays_what_was_logged_and_goes_on(agent, rpc):
    rpc.monitor("debug")
    first = rpc.record(10)
    assert set(first) == {"Log"} and "\n" not in first["Log"]
    assert " [" in first["Log"] and "] " in first["Log"]
    with pytest.raises(RpcError, match="^Monitor already exists$"):
        second_head(rpc, request("monitor", 99, {"LogLevel": "DEBUG"}), 99)
    before = len(rpc.records(settle=0.3))
    with agent.rpc() as other:
        other.tags({"tick": "4"})
        assert wait_until(lambda: rpc.record(1), 10, "the change is logged"), before
        other.tags({}, delete=["tick"])


def second_head(rpc, data, seq):
    """Sends a request on a connection that streams, and skips records until its answer comes."""
    rpc.write(data)
    while (head := rpc.read())["Seq"] != seq:
        rpc.read()
    if head["Error"]:
        raise RpcError(head["Error"])


def test_an_unknown_level_is_named(rpc):
    with pytest.raises(RpcError, match="^Unknown log level: LOUD$"):
        rpc.monitor("loud")


def test_stopping_what_never_ran_succeeds(rpc):
    rpc.call("stop", {"Stop": 12345})


# --- stats -------------------------------------------------------------------------------------------

def test_stats_are_texts_in_sections(rpc):
    stats = rpc.stats()
    assert {"agent", "runtime", "serf", "tags", "event_handlers"} <= set(stats)
    assert all(isinstance(value, str) for section in stats.values() for value in (section or {}).values())
    assert stats["agent"]["name"] == "solo"
    assert stats["serf"]["members"] == "1"
    assert stats["serf"]["encrypted"] == "false"
    assert stats["tags"] == {"role": "web", "zone": "z1"}


# --- the end -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
def test_leave_answers_and_then_everything_ends(cluster, kind):
    agent = cluster.start(effective_kind(kind), "brief")
    with agent.rpc() as waiting, agent.rpc() as rpc:
        rpc.leave()
        assert agent.wait_exit(5) == 0
        for connection in (waiting, rpc):
            assert_closed(connection)
