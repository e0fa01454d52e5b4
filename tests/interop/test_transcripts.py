# SPDX-License-Identifier: Apache-2.0
"""What clients said to real Serf agents, said to running rollcall agents: each answer must have the number,
the error and the shape of Serf's. Shape: the fields and the types of their values; what depends on the
cluster (names, addresses, times, counts) is another. That values are the same, too, is for the replay in
tests/agent, where the agent behind the server is told what the recorded one knew.
"""

import contextlib
import re
import threading

import msgpack
import pytest

from harness import recordings
from harness.rpc import Closed, Rpc, request
from harness.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.rollcall

KEY = "AAECAwQFBgcICQoLDA0ODw=="  # what the recorded encrypted agents began with
LOG_LINE = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(TRACE|DEBUG|INFO|WARN|ERR)\] .+", re.DOTALL)
# Keys that are names, not fields, and what may be nil as well as bytes.
NAMED = {"Tags", "Messages", "Keys"}
BYTES_OR_NIL = {"Payload"}


# --- shapes -----------------------------------------------------------------------------------------------

def shape(value, key=None):
    if key in BYTES_OR_NIL:
        return "bytes" if value is None or isinstance(value, bytes) else type(value).__name__
    if isinstance(value, dict):
        if key in NAMED:
            return {"*": one_of(value.values())}
        return {name: shape(part, name) for name, part in value.items()}
    return [one_of(value)] if isinstance(value, list) else type(value).__name__


def one_of(values):
    shapes = [shape(value) for value in values]
    return shapes[0] if shapes else "any"


def same(theirs, ours):
    if "any" in (theirs, ours):
        return True
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return theirs.keys() == ours.keys() and all(same(theirs[key], ours[key]) for key in theirs)
    if isinstance(theirs, list) and isinstance(ours, list):
        return same(theirs[0], ours[0])
    return theirs == ours


def expect(holds, what, theirs, ours):
    assert holds, f"{what}: Serf had\n  {theirs}\nours\n  {ours}"


def expect_shape(what, theirs, ours):
    expect(same(shape(theirs), shape(ours)), what, theirs, ours)


def expect_stats(theirs, ours):
    """Serf's sections and names, all of them text; ours has more."""
    for section in ("agent", "runtime", "serf"):
        expect(theirs[section].keys() <= ours[section].keys(), section, theirs[section], ours[section])
    expect(theirs.keys() <= ours.keys(), "sections", list(theirs), list(ours))
    expect(all(isinstance(v, str) for part in ours.values() for v in (part or {}).values()), "texts", theirs, ours)


def pattern_of(error):
    """Numbers and addresses are the cluster's; and of many errors of one join, the texts are free."""
    return re.sub(r"\d+", "N", error.partition("\n")[0])


def kind_of(record):
    return record.get("Event") or record.get("Type") or "Log"


# --- the agents ---------------------------------------------------------------------------------------------

class Agents:
    """Clusters like those that were recorded: a plain one, an encrypted one, and an agent with a token."""

    def __init__(self, clusters):
        self._clusters, self._guarded, self._spares = clusters, {}, 0
        self.plain, self.keyed = clusters("plain"), clusters("keyed", key=KEY)
        scripts = ["-event-handler=query:uptime=echo up-$SERF_SELF_NAME", "-event-handler=user:fail=exit 1"]
        # k1 was alone where it was recorded; here it is one whose coordinate is known.
        for name, role in {"a": "web", "b": "db", "c": "web", "k1": "web"}.items():
            self.plain.start("rollcall", name, join=list(self.plain.agents.values())[:1], extra=scripts,
                             tags={"role": role, "dc": "east"})
        self.keyed.start("rollcall", "f", join=[self.keyed.start("rollcall", "e")])
        self.plain.wait_all_alive()
        self.keyed.wait_all_alive()
        self.a = self.plain.agents["a"]
        wait_until(lambda: all(self.knows_place(name) for name in ("b", "c", "k1")), 30,
                   "a knows where the others are")

    def knows_place(self, name):
        with self.a.rpc() as rpc:
            return rpc.call("get-coordinate", {"Node": name})["Ok"]

    def guarded(self, token):
        if token not in self._guarded:
            self._guarded[token] = self._clusters("guarded").start(
                "rollcall", "d", environment={"ROLLCALL_RPC_AUTH": token})
        return self._guarded[token]

    def spare(self):
        """A member that may come to harm."""
        self._spares += 1
        name = f"spare{self._spares}"
        agent = self.plain.start("rollcall", name, join=[self.a])
        wait_until(lambda: self.a.statuses().get(name) == "alive", 30, f"a sees {name}")
        return agent

    def fitting(self, said):
        """The agent that such a conversation was held with."""
        objects = [part for one in said.exchanges for part in one.objects if isinstance(part, dict)]
        errors = [one.header["Error"] for one in said.exchanges if one.header]
        tokens = [one.objects[1]["AuthKey"] for one in said.exchanges
                  if one.command == "auth" and one.header["Error"] == ""]
        commands = {one.command for one in said.exchanges}
        if "Authentication required" in errors or any(tokens):
            return self.guarded((tokens + ["sekret"])[0])
        if "leave" in commands:
            return self.spare()
        keys = commands & {"list-keys", "install-key", "use-key", "remove-key"}
        texts = [text for one in said.exchanges if one.body for text in (one.body.get("Messages") or {}).values()]
        bad_text = any("illegal base64" in error for error in errors)
        if keys and objects and not bad_text and not any("not enabled" in text for text in texts):
            return self.keyed.agents["e"]
        return self.a


@contextlib.contextmanager
def answering(agent, name, payload):
    """A client of this agent answers the queries of one name meanwhile."""
    ended = threading.Event()

    def answer(rpc):
        while not ended.is_set():
            if (record := rpc.record(0.1)) is not None:
                rpc.respond(record["ID"], payload)

    with agent.rpc() as rpc:
        rpc.stream(f"query:{name}")
        thread = threading.Thread(target=answer, args=(rpc,))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


# --- a conversation -------------------------------------------------------------------------------------------

def differs_on_purpose(one, said):
    """docs/rpc.md, "Where we differ": from here on it is another conversation."""
    for part in one.objects:
        if isinstance(part, dict) and (part.get("Timeout", 0) < 0 or "command" in part):
            return True
        if isinstance(part, dict) and isinstance(part.get("Name"), bytes) and said.closed:
            return True
    return False


class Talk:
    """One conversation, held again with a running agent."""

    def __init__(self, said, agents):
        self._said, self._agents = said, agents
        self._agent = agents.fitting(said)
        self._rpc = Rpc(self._agent.rpc_endpoint, handshake=False)
        self._streams, self._kept, self._queries, self._asker = set(), [], set(), None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._rpc.close()
        if self._asker:
            self._asker.close()

    def hold(self):
        """Whether ours differs on purpose."""
        if self._said.opened is not None:
            self._rpc.write(request("handshake", 0, {"Version": 1})
                            + request("stream", self._said.opened, {"Type": "*"}))
            assert [self._rpc.read()["Seq"] for _ in range(2)] == [0, self._said.opened]
        for one in self._said.exchanges:
            if differs_on_purpose(one, self._said):
                return True
            self._ask(one)
            if one.records:
                self._hear(one.records)
        if self._said.closed:
            self._expect_end()
        return self._said.refused_twice

    def _ask(self, one):
        if not one.objects:
            return
        if one.command == "respond" and one.header["Error"].startswith("No pending") and \
                one.objects[1]["ID"] in self._queries:
            while self._asker.record(30 * PATIENCE)["Type"] != "done":
                pass
        self._rpc.write(b"".join(self._bytes(one)))
        if one.header is None:
            return self._expect_end()
        header = self._reply(one)
        expect(pattern_of(header["Error"]) == pattern_of(one.header["Error"]), one.command, one.header, header)
        if one.body is None:
            return None
        body = self._rpc.read()
        return expect_stats(one.body, body) if one.command == "stats" else expect_shape(one.command, one.body, body)

    def _bytes(self, one):
        """As they were recorded, but for addresses, and for members that would come to harm."""
        if one.command == "join" and one.objects[1].get("Existing"):
            there = [self._agents.plain.agents[name].address for name in "bc"]
            count = one.body["Num"]
            nobody = [f"{self._agents.plain.subnet.host()}:1"] * (len(one.objects[1]["Existing"]) - count)
            return [one.data[0], msgpack.packb(one.objects[1] | {"Existing": there[:count] + nobody})]
        if one.command == "force-leave" and one.objects[1]["Node"] in self._agents.plain.agents:
            spare = self._agents.spare()
            self._agents.plain.kill(spare.name)
            wait_until(lambda: self._agents.a.statuses()[spare.name] == "failed", 60, f"{spare.name} is failed")
            return [one.data[0], msgpack.packb(one.objects[1] | {"Node": spare.name})]
        return one.data

    def _reply(self, one):
        while True:
            header = self._rpc.read()
            if header["Seq"] == one.seq and (header["Error"] or one.seq not in self._streams):
                if one.command in ("stream", "monitor", "query") and not header["Error"]:
                    self._streams.add(one.seq)
                return header
            self._kept.append(self._rpc.read())

    def _hear(self, recorded):
        """Records of each recorded kind come, in Serf's shape; others may come between them."""
        examples = {kind_of(record): record for record in recorded}
        for kind, record in examples.items():
            self._make_happen(kind, record)
        missing = set(examples)
        while missing:
            record = self._kept.pop(0) if self._kept else self._next_record()
            if (theirs := examples.get(kind_of(record))) is None:
                continue
            missing.discard(kind_of(record))
            expect_shape(kind_of(record), theirs, record)
            if kind_of(record) == "Log":
                expect(LOG_LINE.fullmatch(record["Log"]), "a line of the log", theirs, record)
            if kind_of(record) == "query":
                self._queries.add(record["ID"])
            expect(kind_of(record) != "done" or not missing, "what came before the end", missing, record)

    def _next_record(self):
        header = self._rpc.read(timeout=60 * PATIENCE)
        expect(header["Seq"] in self._streams | {self._said.opened}, "a record's number", self._streams, header)
        return self._rpc.read()

    def _make_happen(self, kind, record):
        agents = self._agents
        if kind == "Log":  # an error, which every level shows
            with self._agent.rpc() as rpc:
                rpc.event("fail")
        elif kind == "user":
            with agents.a.rpc() as rpc:
                rpc.event(record["Name"], record["Payload"], record["Coalesce"])
        elif kind == "query":
            self._asker = agents.a.rpc()
            self._asker.query(record["Name"], record["Payload"], timeout=3)
        elif kind == "member-update":
            with agents.a.rpc() as rpc:
                rpc.tags({"tick": str(int(agents.a.members()["a"].tags.get("tick", "0")) + 1)})
        elif kind.startswith("member-"):
            spare = agents.spare()
            agents.plain.agents.pop(spare.name)
            spare.kill() if kind == "member-failed" else spare.interrupt()
            if kind == "member-reap":
                wait_until(lambda: agents.a.statuses()[spare.name] == "left", 60, "it has left")
                with agents.a.rpc() as rpc:
                    rpc.force_leave(spare.name, prune=True)

    def _expect_end(self):
        with pytest.raises((Closed, ConnectionResetError)):
            while True:
                self._rpc.read(timeout=10 * PATIENCE)


def held(said, agents):
    """True or False as Talk.hold(); gossip loses a query now and then, so there are three attempts."""
    for attempt in range(3):
        try:
            with Talk(said, agents) as talk:
                return talk.hold()
        except AssertionError:
            if attempt == 2:
                raise
    raise AssertionError("not reached")


@pytest.mark.parametrize("path", recordings.files(), ids=lambda path: path.stem)
def test_a_running_agent_answers_in_the_shape_of_serfs(module_clusters, path, figure):
    said = recordings.conversations(path)
    spoken = [one for one in said if one.exchanges]
    agents, differing, wrong = Agents(module_clusters), 0, []
    with answering(agents.plain.agents["b"], "ask", b"forty-two"):
        for conversation in spoken:
            try:
                differing += held(conversation, agents)
            except (AssertionError, OSError, KeyError) as error:
                wrong.append(f"{conversation.name}: {type(error).__name__} {error}")
    figure(f"{path.name}: {len(spoken)} recorded clients asked running agents: "
           f"{len(spoken) - differing - len(wrong)} were answered in Serf's shape, {differing} otherwise on "
           f"purpose, {len(wrong)} wrongly; {len(said) - len(spoken)} ask nothing")
    assert not wrong, "\n\n".join(wrong)
