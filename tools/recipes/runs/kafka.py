# SPDX-License-Identifier: Apache-2.0
"""docs/recipes/kafka.md: 10 000 events through a real broker, with one kill of the pipe in the middle."""

import base64
import collections
import json
import os
import re
import signal
import uuid

import jars
import servers
from harness.waiting import wait_until
from place import Background, rpc

EVENTS = 10_000
KILLED_AT = 5_000
# The agent keeps 4096 records: the sender never is further ahead of the topic than this.
LEAD = 3_000


class Broker:
    """One broker in KRaft mode."""

    def __init__(self, place):
        host = place.host()
        self._place, self.address = place, f"{host}:{place.port(host)}"
        self._config = place.configure("server.properties", {
            "127.0.0.1:9092": self.address, "127.0.0.1:9093": f"{host}:{place.port(host)}",
            "/var/lib/kafka": place.folder / "kafka"})
        self._java = [servers.find("java"), "-Xmx384m", "-XX:TieredStopAtLevel=1", "-cp", jars.class_path()]
        identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
        place.run(*self._java, "kafka.tools.StorageTool", "format", "-t", identity, "-c", self._config)
        self.start("broker")

    def start(self, name):
        place = self._place
        self._process = place.server(name, [*self._java, "kafka.Kafka", self._config])
        place.wait(lambda: place.run("kcat", "-L", "-b", self.address, "-m", "2", check=False).returncode == 0, 90,
                   "the broker runs", self._process.output.text)

    def restart(self):
        self._process.terminate()
        self._process.wait_exit(60)
        self.start("broker2")


class Topic:
    """A reader of its own that follows the topic."""

    def __init__(self, place, broker, name):
        self._process = place.server("reader", ["-C", "-b", broker.address, "-t", name, "-p", "0", "-o", "beginning",
                                                "-u", "-q", "-E"], program="kcat")
        self._parsed = []

    def records(self):
        lines = self._process.output.lines("out")
        self._parsed.extend(json.loads(line) for line in lines[len(self._parsed):])
        return self._parsed

    def count(self):
        return len(self._process.output.lines("out"))


class Pipe:
    """The recipe's script, in a process group of its own; `supervised` starts it again, as systemd does."""

    def __init__(self, place, broker, agent, name, supervised=False):
        script = place.files / "rollcall-to-kafka"
        words = ["sh", "-c", f"while :; do {script}; sleep 0.2; done"] if supervised else [script]
        self._process = place.server(name, words, {
            "BROKERS": broker.address, "TOPIC": "events", "LEVEL": "debug", "ROLLCALL_RPC_ADDR": rpc(agent)})
        found = []
        self._process.output.wait_for(
            lambda lines: found.extend(re.findall(r"after record (\d+)", "\n".join(lines))) or found, 60,
            "the pipe knows where to go on")
        self.since = int(found[0])

    def kill(self):
        """All of it at once, as by the loss of power."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait_exit(10)


def run(place):
    broker = Broker(place)
    agent = place.agent("a")
    pipe = Pipe(place, broker, agent, "pipe1")
    place.check(pipe.since == 0, "a new topic begins with the first record")
    topic = Topic(place, broker, "events")

    def send(first, last):
        with agent.rpc() as client:
            for i in range(first, last):
                if i % 100 == 0:
                    wait_until(lambda i=i: i - topic.count() < LEAD, 60, "the topic follows")
                client.event("e", str(i).encode())

    send(0, KILLED_AT)
    pipe.kill()
    at_kill = topic.count()
    place.step(f"{KILLED_AT} events are sent; the pipe is killed with {at_kill} records read back")
    send(KILLED_AT, KILLED_AT + 1_000)  # while no pipe runs
    pipe = Pipe(place, broker, agent, "pipe2")
    place.step(f"the pipe runs again, after record {pipe.since}")
    rest = Background(lambda: send(KILLED_AT + 1_000, EVENTS))

    def payloads():
        return [int(record["payload"]) for record in topic.records() if record["event"] == "user-event"]

    wait_until(lambda: len(set(payloads())) == EVENTS, 180, "all events are in the topic",
               lambda: f"{len(set(payloads()))} of them")
    rest.join(30)
    place.step(f"all {EVENTS} events are in the topic")
    place.check(not any(record["event"] == "lagged" for record in topic.records()), "no record was lost on the way")
    times = collections.Counter(record["seq"] for record in topic.records())
    twice = sorted(seq for seq, count in times.items() if count > 1)
    place.check(all(seq > pipe.since for seq in twice), f"only records after {pipe.since} come twice: {twice[:10]}")
    place.check(sorted(times) == list(range(1, max(times) + 1)), "the numbers of the records have no gap")
    order = [record["seq"] for record in topic.records()]
    backwards = sum(1 for before, after in zip(order, order[1:]) if after != before + 1)
    place.check(backwards <= 1, f"the order of the records breaks {backwards} times, for one kill")
    place.figure(f"{EVENTS} events, 0 lost, {len(twice)} twice, all after the kill")

    agent.kill()
    again = place.cluster.restart("a")
    restarted = Pipe(place, broker, again, "pipe3", supervised=True)
    place.check(restarted.since == 0, f"an agent that was started again is read from its first record: {restarted.since}")
    with again.rpc() as client:
        client.event("e", b"10000")
    place.wait(lambda: 10000 in payloads(), 30, "events after a restart of the agent are in the topic, too")

    broker.restart()
    with again.rpc() as client:
        client.event("e", b"10001")
    place.wait(lambda: 10001 in payloads(), 60, "and so are those after a restart of the broker")
