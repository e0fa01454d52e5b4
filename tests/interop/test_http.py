# SPDX-License-Identifier: Apache-2.0
"""The HTTP side of real agents: its API, its streams, its limits, and clients that mean no good."""

import gzip
import json
import os
import pathlib
import shutil
import socket
import stat
import subprocess
import tempfile
import time

import pytest

from harness.http import (EventStream, connect, get, get_json, http_of, parse, post, raw, request, with_http)
from harness.waiting import wait_until

pytestmark = pytest.mark.rollcall

TOKEN = "sekret"
FUZZER = shutil.which(os.environ.get("SCHEMATHESIS_BIN", "schemathesis"))


def start(cluster, name, *more, **options):
    host = cluster.subnet.host()
    return cluster.start("rollcall", name, host=host, **with_http(host, *more), **options)


@pytest.fixture
def pair(cluster):
    """Two agents that know each other, and their HTTP addresses."""
    first = start(cluster, "n1", f"-http-token={TOKEN}", tags={"role": "web"})
    second = start(cluster, "n2", join=[first], tags={"role": "db", "metrics": "9100"})
    wait_until(lambda: len(first.members()) == 2, 10, "both know each other")
    return first, second, http_of(first), http_of(second)


# --- reading --------------------------------------------------------------------------------------

def test_both_agents_show_the_same_members(pair):
    _, _, one, two = pair
    for where in (one, two):
        status = get_json(where, "/status")
        assert [member["name"] for member in status["members"]] == ["n1", "n2"]
        assert all(member["status"] == "alive" and member["state"] == "alive" for member in status["members"])
    assert get_json(one, "/status")["node"] == "n1"
    assert get_json(one, "/heartbeat")["alive"] == 2
    assert get_json(one, "/v1/agent")["stats"]["serf"]["members"] == "2"
    assert [m["name"] for m in get_json(one, "/v1/members?tag=role=d.")["members"]] == ["n2"]
    page = get_json(one, "/v1/members?limit=1")
    assert get_json(one, f"/v1/members?limit=1&after={page['next']}")["members"][0]["name"] == "n2"
    other = get_json(one, "/v1/members/n2")
    assert other["tags"] == {"role": "db", "metrics": "9100"}
    assert get_json(one, "/v1/members/nobody", 404)["error"]
    wait_until(lambda: get_json(one, "/v1/members/n2")["rtt_ms"] is not None, 10, "n2 was probed")
    names = [c["name"] for c in get_json(one, "/v1/coordinates")["coordinates"]]
    assert "n1" in names


def test_readiness_comes_after_the_join_and_health_before(cluster):
    first = start(cluster, "n1")
    where = http_of(first)
    assert get(where, "/healthz").status == 200
    wait_until(lambda: get(where, "/readyz").status == 200, 20, "alone, without seeds, and ready")
    lonely = start(cluster, "n2", "-retry-join=127.0.0.1:1", "-retry-interval=1s")
    answer = get(http_of(lonely), "/readyz")
    assert answer.status == 503
    assert "no seed has answered" in json.loads(answer.body)["error"]
    assert get(http_of(lonely), "/healthz").status == 200


def test_prometheus_finds_members_and_loses_those_that_fail(pair):
    _, second, one, two = pair
    targets = lambda query="": {group["labels"]["__meta_rollcall_name"]: group["targets"][0]
                                for group in get_json(one, "/v1/sd/prometheus" + query)}
    assert targets() == {"n1": f"{one[0]}:{one[1]}", "n2": f"{two[0]}:{one[1]}"}
    assert targets("?port-tag=metrics") == {"n2": f"{two[0]}:9100"}
    assert targets("?tag=role=web&port=1") == {"n1": f"{one[0]}:1"}
    second.kill()
    wait_until(lambda: list(targets()) == ["n1"], 20, "n2 is no target any more")


def test_a_failure_is_explained_by_the_history(pair):
    _, second, one, _ = pair
    wait_until(lambda: get_json(one, "/v1/members/n2")["last_ack"], 10, "n2 was probed")
    second.kill()
    wait_until(lambda: get_json(one, "/v1/members/n2")["status"] == "failed", 20, "n2 has failed")
    story = get_json(one, "/v1/members/n2/history")
    assert story["member"]["state"] == "dead" and story["member"]["by"] == ["n1"]
    assert story["member"]["last_ack"] <= story["member"]["since"]
    assert "member-failed" in [record["event"] for record in story["records"]]
    numbers = [record["seq"] for record in story["records"]]
    assert numbers == sorted(numbers)


def test_answers_are_compressed_where_it_pays(pair):
    answer = get(pair[2], "/v1/agent", "Accept-Encoding: gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(answer.body))["name"] == "n1"


# --- events ---------------------------------------------------------------------------------------

def test_a_stream_shows_a_failure_and_resumes_where_it_was_cut(pair):
    first, second, one, _ = pair
    stream = EventStream(one)
    second.kill()
    failed = stream.until("member-failed n2")
    seen = stream.last_id
    stream.close()
    post(one, "/v1/event", {"name": "meanwhile"}, TOKEN)
    wait_until(lambda: get_json(one, "/heartbeat")["seq"] > seen, 5, "something happened")
    again = EventStream(one, "?level=debug", last_id=seen)
    assert again.next()[1]["seq"] == seen + 1
    again.close()
    whole = EventStream(one, f"?since={failed['seq'] - 1}&level=debug")
    assert whole.next()[1] == failed
    whole.close()


def test_a_restarted_agent_says_so_to_streams(pair):
    stream = EventStream(pair[2], last_id=10**9)
    name, data = stream.next()
    assert name == "restarted" and data["newest"] > 0
    assert stream.next()[1]["seq"] == 1
    stream.close()


# --- writing --------------------------------------------------------------------------------------

def test_nothing_is_changed_without_the_token(pair):
    _, _, one, two = pair
    for path in ("/v1/leave", "/v1/tags", "/v1/members/n2/force-leave"):
        assert post(one, path).status == 401
        assert post(two, path, token=TOKEN).status == 403, "n2 has no token"
    begin = time.monotonic()
    assert [post(one, "/v1/leave", token="wrong").status for _ in range(3)] == [401] * 3
    assert time.monotonic() - begin >= 0.7, "each guess waits longer: 100, 200, 400 ms"
    assert get_json(one, "/heartbeat")["alive"] == 2


def test_with_it_tags_events_queries_and_leaves_reach_the_cluster(pair):
    first, second, one, two = pair
    answer = post(one, "/v1/tags", {"set": {"dc": "2"}, "delete": ["role"]}, TOKEN)
    assert json.loads(answer.body) == {"tags": {"dc": "2"}}
    wait_until(lambda: get_json(two, "/v1/members/n1")["tags"] == {"dc": "2"}, 10, "n2 sees the tags")

    stream = EventStream(two, "?level=debug")
    assert post(one, "/v1/event", {"name": "deploy", "payload": "v2"}, TOKEN).status == 200
    assert "deploy" in stream.until("user-event")["message"]
    stream.close()

    answer = post(one, "/v1/query", {"name": "anything", "ack": True, "timeout_ms": 2000}, TOKEN)
    lines = [json.loads(line) for line in answer.body.splitlines()]
    assert {line["from"] for line in lines if line["type"] == "ack"} == {"n1", "n2"}
    assert lines[-1] == {"type": "done"}

    assert post(one, "/v1/join", {"peers": [second.address]}, TOKEN).status == 200
    refused = post(one, "/v1/join", {"peers": ["127.0.0.1:1"]}, TOKEN)
    assert refused.status == 409 and json.loads(refused.body)["error"]

    second.kill()
    wait_until(lambda: get_json(one, "/v1/members/n2")["status"] == "failed", 20, "n2 has failed")
    assert post(one, "/v1/members/n2/force-leave", token=TOKEN).status == 200
    wait_until(lambda: get_json(one, "/v1/members/n2")["status"] == "left", 10, "n2 has left")

    requested = [record for record in get_json(one, "/v1/members/n2/history")["records"]
                 if record["event"] == "force-leave-requested"]
    assert len(requested) == 1 and requested[0]["component"] == "http"
    assert requested[0]["client"].startswith("127.")

    assert post(one, "/v1/leave", token=TOKEN).status == 200
    assert first.wait_exit(10) == 0
    assert any("http: leave requested by 127." in line for line in first.output.lines())


def test_keys_are_changed_without_ever_being_shown(cluster):
    key, other = "ZWTL+bgjHyQPhJRKcFe3ccirc2SFHmc/Nw67l8NQfdk=", "5K9OtfP7efFrNKe5WCQvXvnaXJ5cWP0SvXiwe0kkjM4="
    where = http_of(start(cluster, "n1", f"-http-token={TOKEN}", f"-encrypt={key}"))
    assert post(where, "/v1/keys", {"operation": "install", "key": other}, TOKEN).status == 200
    listed = json.loads(post(where, "/v1/keys", {"operation": "list"}, TOKEN).body)
    assert listed["nodes"] == listed["answered"] == 1 and listed["failed"] == 0
    assert len(listed["keys"]) == 2 and all(len(name) == 8 for name in listed["keys"])
    assert post(where, "/v1/keys", {"operation": "remove", "key": key}, TOKEN).status == 200
    assert json.loads(post(where, "/v1/keys", {"operation": "list"}, TOKEN).body)["messages"] is not None
    text = get(where, "/v1/agent").body
    assert key.encode() not in text and other.encode() not in text


# --- addresses ------------------------------------------------------------------------------------

def test_it_listens_on_a_unix_socket_of_its_user(cluster):
    with tempfile.TemporaryDirectory(prefix="rollcall-") as folder:
        path = pathlib.Path(folder) / "http"
        agent = cluster.start("rollcall", "n1", extra=[f"-http-addr=unix:{path}"])
        assert http_of(agent) == str(path)
        assert stat.filemode(path.lstat().st_mode) == "srw-------"
        assert get_json(str(path), "/heartbeat")["name"] == "n1"
        assert get(str(path), "/v1/sd/prometheus").status == 400, "there is no port to tell"
        assert get(str(path), "/v1/sd/prometheus?port=1").status == 200
        agent.interrupt()
        assert agent.wait_exit(10) == 0
        assert not path.exists()


def test_an_address_in_use_is_an_error_where_the_operator_gave_it(cluster):
    first = start(cluster, "n1")
    host, port = http_of(first)
    second = cluster.run("rollcall", "agent", "-node=n2", f"-bind={cluster.subnet.host()}:0",
                         "-rpc-addr=127.0.0.1:0", f"-http-addr={host}:{port}", log="n2")
    assert second.wait_exit(10) == 1
    assert f"HTTP address {host}:{port}: Address already in use" in second.output.text("err")


def test_the_host_must_be_one_of_the_agent(cluster):
    agent = start(cluster, "n1", "-http-host=rollcall.example.org")
    where = http_of(agent)
    ask = lambda host: parse(raw(where, f"GET /heartbeat HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())).status
    for host in (f"{where[0]}:{where[1]}", "localhost", "Rollcall.Example.Org:80", "[::1]:7380"):
        assert ask(host) == 200, host
    for host in ("evil.example", f"evil.example:{where[1]}", "rollcall.example.org.evil.example", "10.1.2.3"):
        assert ask(host) == 421, host


# --- clients that mean no good --------------------------------------------------------------------

SECOND = b"GET /v1/agent HTTP/1.1\r\nHost: localhost\r\n\r\n"
HEAD = b"POST /v1/event HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize("first, statuses", [
    (HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {501}),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {501}),
    (HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", {400}),
    (HEAD + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", {400}),
    (HEAD + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n", {400}),
    (HEAD + b"Content-Length: 0, 44\r\n\r\n", {400}),
    (HEAD + b"Content-Length: +0\r\n\r\n", {400}),
    (HEAD + b"Content-Length: 0x0\r\n\r\n", {400}),
    (HEAD + b"Content-Length:\r\n 44\r\n\r\n", {400}),
    (HEAD + b"X: a\n\n", {400}),
    (HEAD + b"X: a\rContent-Length: 44\r\n\r\n", {400}),
    (HEAD.replace(b"\r\n", b"\n") + b"\n", {400}),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n", {400}),
    (b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", {421}),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", {400}),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n", {200}),
])
def test_nothing_can_be_smuggled_behind_a_request(cluster, first, statuses):
    where = http_of(start(cluster, "n1"))
    received = raw(where, first + SECOND)
    assert parse(received).status in statuses
    assert received.count(b"HTTP/1.1 ") == 1, "one request, one answer"
    assert b'"stats"' not in received


def test_what_is_too_large_is_refused_and_readable(cluster):
    where = http_of(start(cluster, "n1", f"-http-token={TOKEN}"))
    sizes = {431: b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 9000 + b"\r\n\r\n",
             414: b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
             413: HEAD + b"Content-Length: 100000\r\n\r\n" + b"x" * 100000}
    for status, bytes_sent in sizes.items():
        answer = parse(raw(where, bytes_sent))
        assert answer.status == status
        assert json.loads(answer.body)["error"]
    assert get_json(where, "/v1/agent")["stats"]["http"]["refused.head_too_large"] == "2"


def saying_nothing(where):
    """A connection that is begun, and perhaps not taken yet."""
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex(where)
    return client


def test_slow_and_idle_clients_delay_no_probe(pair, figure):
    """A thousand idle connections, dripping heads and streams, and scrapes: the members stay alive."""
    first, _, one, _ = pair
    before = get_json(one, "/v1/agent")["stats"]["transport"]
    streams = [EventStream(one) for _ in range(8)]
    dripping = [connect(one) for _ in range(20)]
    idle = [saying_nothing(one) for _ in range(1000)]
    end = time.monotonic() + 3
    answers = 0
    while time.monotonic() < end:
        for client in dripping:
            try:
                client.send(b"G")
            except OSError:
                pass
        answers += get(one, "/status").status == 200
        time.sleep(0.05)
    # What the kernel had no place for in its queue never comes to the agent, whatever the client believes.
    wait_until(lambda: idle.extend(saying_nothing(one) for _ in range(20)) or
               int(get_json(one, "/v1/agent")["stats"]["http"]["refused.evicted"]) > 800, 30,
               "n1 gives up the idle connections above its limit")
    after = get_json(one, "/v1/agent")["stats"]
    late = {bound: int(after["transport"][f"loop.late_{bound}ms"]) - int(before[f"loop.late_{bound}ms"])
            for bound in (1, 10, 100, 1000)}
    figure(f"deadlines late by up to: {late}, with 1000 idle, 20 dripping, 8 streams, {answers} answers in 3 s")
    assert answers > 10
    assert [m["status"] for m in get_json(one, "/status")["members"]] == ["alive", "alive"]
    assert not [line for line in first.output.lines("err") if "suspecting" in line]
    for client in idle + dripping:
        client.close()
    for stream in streams:
        stream.close()


# --- the description ------------------------------------------------------------------------------

def test_the_description_fits_all_that_a_fuzzer_gets(pair, tmp_path):
    if FUZZER is None:
        pytest.skip("schemathesis is not installed (pip install schemathesis; SCHEMATHESIS_BIN names it)")
    host, port = pair[2]
    wait_until(lambda: get(pair[2], "/readyz").status == 200, 20, "n1 is ready: 503 would be an error")
    done = subprocess.run(
        [FUZZER, "run", f"http://{host}:{port}/v1/openapi.json", "--header", f"Authorization: Bearer {TOKEN}",
         # One ends the agent, one has no end, one would look up what the fuzzer invents.
         "--exclude-path", "/v1/leave", "--exclude-path", "/v1/events", "--exclude-path", "/v1/join",
         "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,"
                     "response_headers_conformance,response_schema_conformance",
         "--exclude-path", "/metrics", "--max-examples", "15", "--max-time", "120",
         "--phases", "examples,coverage,fuzzing", "--no-color"],
        capture_output=True, text=True, timeout=280, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert request(pair[2], "GET", "/healthz").status == 200
