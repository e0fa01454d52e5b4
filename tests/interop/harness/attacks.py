# SPDX-License-Identifier: Apache-2.0
"""The attacks of the siege: each is a program that a stranger could run, for some seconds.

An attack gets the Field: the agents' addresses, an address of its own, and the layers that it can write.
It knows no incarnation and no clock, and counts upwards instead. It judges nothing.
"""

import contextlib
import hashlib
import itertools
import math
import selectors
import socket
import struct
import threading
import time

from . import hostile, rpc, sealing
from .hostile import DEAD, PING, PUSH_PULL, SERF_VERSIONS, SUSPECT, USER, message, pack
from .misfortunes import why_no_hanging_disk

LEAVE, EVENT, QUERY = 0, 3, 4
GHOSTS = 131_072       # as many as a table holds
BIG_TABLE = 8_000
SNAPSHOT_FILL = 16_000


class Field:
    """Where an attack takes place. `victim`: the agent that is attacked; `agents`: all, with it."""

    def __init__(self, cluster, victim, layers):
        self.cluster, self.victim, self.layers = cluster, victim, layers
        self.agents = list(cluster.agents.values())
        self.host = cluster.subnet.host()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((self.host, 0))
        self._numbers = itertools.count(10, 3)

    def close(self):
        self.socket.close()

    def next_incarnation(self):
        return next(self._numbers)

    def send(self, plain, *agents):
        for agent in agents or (self.victim,):
            with contextlib.suppress(OSError):
                self.socket.sendto(self.layers.packet(plain), agent.bind)

    def others(self):
        return [agent for agent in self.agents if agent is not self.victim]

    def exchange(self, agent, plain, timeout=10):
        """One message on a fresh connection, and whatever comes back."""
        with contextlib.suppress(OSError):
            return hostile.send_stream(agent.bind, self.layers.frame(plain), timeout)
        return None


def paced(per_second, seconds):
    """Yields at that rate until the time is over; what was missed is not made up for."""
    end, gap = time.monotonic() + seconds, 1 / per_second
    following = time.monotonic()
    while (now := time.monotonic()) < end:
        if now < following:
            time.sleep(min(following - now, end - now))
            continue
        following = max(following + gap, now - gap)
        yield


def user(kind, **fields):
    return bytes([USER, kind]) + pack(fields)


def node(name, address, port, incarnation=1, state=0, tags=b"\x80"):
    return pack({"Name": name, "Addr": address, "Port": port, "Incarnation": incarnation, "State": state,
                 "Meta": b"\xff" + tags, "Vsn": SERF_VERSIONS})


def state_of(nodes, join=False):
    return message(PUSH_PULL, Nodes=len(nodes), UserStateLen=0, Join=join) + b"".join(nodes)


def ghost_address(number):
    return struct.pack(">I", 0x7F0A0000 | number & 0xFFFF)


def ghosts(count, prefix, tags=lambda number: b"\x80"):
    return [node(f"{prefix}-{number}", ghost_address(number), 1 + number % 60_000, tags=tags(number))
            for number in range(count)]


def long_tags(number):
    """As long as they may be, and hard to compress."""
    text = "".join(hashlib.sha512(f"{number} {part}".encode()).hexdigest() for part in range(4))
    return pack({"role": text[:480]})


# --- the control port ------------------------------------------------------------------------------------------------

class Pump:
    """Connections that write the same bytes as fast as they are taken, and drop what comes back."""

    def __init__(self, endpoint, count, opening, repeated):
        self._endpoint, self._opening, self._repeated = endpoint, opening, repeated
        self._selector = selectors.DefaultSelector()
        self._left = {}
        for _ in range(count):
            self._dial()

    def _dial(self):
        with contextlib.suppress(OSError):
            stream = socket.create_connection(self._endpoint, timeout=2)
            stream.setblocking(False)
            self._left[stream] = memoryview(self._opening)
            self._selector.register(stream, selectors.EVENT_READ | selectors.EVENT_WRITE)

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for key, events in self._selector.select(0.05):
                if not self._turn(key.fileobj, events):
                    self._selector.unregister(key.fileobj)
                    key.fileobj.close()
                    del self._left[key.fileobj]
                    self._dial()
            if not self._left:
                time.sleep(0.02)
                self._dial()
        for stream in self._left:
            stream.close()
        self._selector.close()

    def _turn(self, stream, events):
        try:
            if events & selectors.EVENT_READ and not stream.recv(1 << 18):
                return False
            if events & selectors.EVENT_WRITE:
                left = self._left[stream] or memoryview(self._repeated)
                self._left[stream] = left[stream.send(left):]
        except BlockingIOError:
            pass
        except OSError:
            return False
        return True


def pipelined_stats(field, seconds):
    """Five clients that ask for `stats` without waiting for answers."""
    opening = rpc.request("handshake", 0, {"Version": 1})
    if field.victim.token:
        opening += rpc.request("auth", 1, {"AuthKey": field.victim.token})
    Pump(field.victim.rpc_endpoint, 5, opening, rpc.request("stats", 2) * 2600).run(seconds)


def wrong_tokens(field, seconds):
    """A hundred clients without the token, each with one wrong token after the other."""
    opening = rpc.request("handshake", 0, {"Version": 1})
    wrong = rpc.request("auth", 1, {"AuthKey": "not the token"}) * 200
    Pump(field.victim.rpc_endpoint, 100, opening, wrong).run(seconds)


# --- what costs much -------------------------------------------------------------------------------------------------

def regular_expressions(field, seconds):
    """Two hundred queries a second whose tag filter takes long to compile, each another one."""
    for number, _ in enumerate(paced(200, seconds)):
        pattern = rf"\pL{{{100 + number % 200}}}" + chr(ord("a") + number // 200 % 26)
        field.send(user(QUERY, LTime=100 + number, ID=number, Addr=socket.inet_aton(field.host), Port=9,
                        SourceNode="nobody", Filters=[b"\x01" + pack({"Tag": "role", "Expr": pattern})],
                        Flags=0, RelayFactor=0, Timeout=1_000_000_000, Name=f"q{number}", Payload=b""))


def nested_compounds(field, seconds):
    """16 129 pings in one packet, their answers to a third address; fifteen packets a second."""
    target = field.others()[0]
    ping = message(PING, Node="", SeqNo=7, SourceAddr=socket.inet_aton(target.bind[0]),
                   SourcePort=target.bind[1], SourceNode="")
    inner = hostile.compound(*[ping] * 127)
    packet = hostile.compress(hostile.compound(*[inner] * 127))
    for _ in paced(15, seconds):
        field.send(packet)


def push_pull_flood(field, seconds):
    """Twenty requests a second for the whole state, with 8000 members in the table that have long tags."""
    fill_table(field, field.victim, BIG_TABLE, "crowd", long_tags)
    request = field.layers.frame(message(PUSH_PULL, Nodes=0, UserStateLen=0, Join=False))
    threads = []
    for _ in paced(20, seconds):
        threads = [thread for thread in threads if thread.is_alive()]
        if len(threads) < 60:
            threads.append(threading.Thread(target=_read_all, args=(field.victim.bind, request), daemon=True))
            threads[-1].start()
    for thread in threads:
        thread.join(3)


def _read_all(endpoint, request):
    with contextlib.suppress(OSError), socket.create_connection(endpoint, timeout=3) as stream:
        stream.sendall(request)
        while stream.recv(1 << 18):
            pass


def fill_table(field, agent, count, prefix, *tags):
    """One whole state of invented members, in as many exchanges as it takes."""
    everybody = ghosts(count, prefix, *tags)
    for first in range(0, count, 20_000):
        field.exchange(agent, state_of(everybody[first:first + 20_000]), timeout=30)


def full_table(field, seconds):
    """131 072 invented members by push/pull; whoever joins then finds a full table."""
    begin = time.monotonic()
    fill_table(field, field.victim, GHOSTS, "ghost")
    time.sleep(max(0.0, seconds - (time.monotonic() - begin)))


def full_stderr(field, seconds):
    """Nobody reads the agent's stderr any more, and invented members make it log."""
    with field.victim.output.held():
        for number, _ in enumerate(paced(300, seconds)):
            field.send(hostile.alive(f"noise-{number}-" + "x" * 60, "127.0.0.1", 1 + number % 60_000,
                                     address=ghost_address(number)))


def fill_snapshot(field):
    """Members with long names: their lines are more than an agent keeps for its disk."""
    fill_table(field, field.victim, SNAPSHOT_FILL, "noise" * 20)


def hanging_disk(field, seconds):
    """The disk with the agent's snapshot hangs, and invented members make it write."""
    with field.cluster.disk.hanging():
        begin = time.monotonic()
        fill_snapshot(field)
        time.sleep(max(0.0, seconds - (time.monotonic() - begin)))


# --- lies ------------------------------------------------------------------------------------------------------------

def forged_takeover(field, seconds):
    """The victim leaves, says the attacker, and then has the attacker's address, where pings are answered."""
    name = field.victim.name
    with Answering(field) as (host, port):
        for _ in paced(2, seconds):
            incarnation = field.next_incarnation()
            leave = message(DEAD, Node=name, From=name, Incarnation=incarnation)
            alive = hostile.alive(name, host, port, incarnation + 1)
            field.send(hostile.compound(leave, alive), *field.others())


class Answering:
    """An address of the attacker's where every ping is answered."""

    def __init__(self, field):
        self._field = field
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((field.cluster.subnet.host(), 0))
        self._socket.settimeout(0.1)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self._socket.getsockname()

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self._socket.close()

    def _run(self):
        while not self._over.is_set():
            try:
                packet, source = self._socket.recvfrom(65536)
                for plain in self._field.layers.messages(packet):
                    if plain[0] == PING:
                        number = sealing.fields(plain)[1]["SeqNo"]
                        ack = message(hostile.ACK, SeqNo=number, Payload=b"")
                        self._socket.sendto(self._field.layers.packet(ack), source)
            except OSError:
                continue


def lamport_walk(field, seconds):
    """Two user events move the clock as far as it goes at once; then it is walked on, step by step."""
    steps = [1 << 40, (1 << 41) - 8]
    clock = steps[-1]
    for number, _ in enumerate(paced(40, seconds)):
        if number < len(steps):
            clock = steps[number]
        else:
            clock += (1 << 40) - 8
        field.send(user(EVENT, LTime=clock, Name=f"e{number}", Payload=b"", CC=False), *field.agents)


def prune_storm(field, seconds):
    """Leave intents that erase the victim, as an operator's force-leave -prune would send them."""
    for number, _ in enumerate(paced(20, seconds)):
        field.send(user(LEAVE, LTime=50 + number, Node=field.victim.name, Prune=True), *field.agents)


def incarnation_walk(field, seconds):
    """Alive claims of the victim, above 2^31 in steps of 2^24: as far as they go."""
    host, port = field.victim.bind
    steps = min(256, math.floor(seconds * 60))
    for number, _ in enumerate(paced(60, seconds)):
        incarnation = (1 << 31) + (min(number, steps - 1) * (1 << 24)) % (1 << 31)
        field.send(hostile.alive(field.victim.name, host, port, min(incarnation, (1 << 32) - 3),
                                 meta=b"\xff\x81\xa6forged\xa1" + bytes([48 + number % 10])), *field.others())


def plain_accusations(field, seconds):
    """Suspicions of every member, in the names of the others."""
    for number, _ in enumerate(paced(40, seconds)):
        accused = field.agents[number % len(field.agents)]
        author = field.agents[(number + 1) % len(field.agents)]
        claim = message(SUSPECT, Node=accused.name, From=author.name, Incarnation=field.next_incarnation())
        field.send(claim, *(agent for agent in field.agents if agent is not accused))


def replay(field, seconds):
    """What was sent between the agents in the first third of the time is sent again, in any order."""
    recorded = []
    with contextlib.closing(socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))) as tap:
        tap.bind(("lo", 0))
        tap.settimeout(0.2)
        ports = {(socket.inet_aton(agent.bind[0]), agent.bind[1]): agent for agent in field.agents}
        end = time.monotonic() + seconds / 3
        while time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                frame, where = tap.recvfrom(65536)
                head = (frame[0] & 15) * 4
                if frame[9] != socket.IPPROTO_UDP or where[2] == socket.PACKET_OUTGOING:
                    continue
                place = (frame[16:20], struct.unpack(">H", frame[head + 2:head + 4])[0])
                if place in ports and len(recorded) < 20_000:
                    recorded.append((ports[place], frame[head + 8:]))
    for number, _ in enumerate(paced(500, seconds * 2 / 3)):
        if recorded:
            agent, packet = recorded[number * 7919 % len(recorded)]
            with contextlib.suppress(OSError):
                field.socket.sendto(packet, agent.bind)


def can_record():
    """Reading packets of the loopback needs a privilege."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0).close()
        return True
    except (AttributeError, OSError):
        return False


def why_not(attack):
    """The reason why it cannot be made here, or None."""
    if attack == "disk":
        return why_no_hanging_disk()
    return None if attack != "replay" or can_record() else "replay needs root: it reads packets of the loopback"


# In the order of the table. `newcomer`: an agent joins when the attack is over, and is to be in every view.
# `tags`: the victim's tags change then, and are to be seen. `control`: over the control port, not the gossip port; it has
# a token. `disk`: the victim's snapshot is on a disk of its own.
ATTACKS = {
    "stats": dict(run=pipelined_stats, control=True),
    "tokens": dict(run=wrong_tokens, control=True),
    "regex": dict(run=regular_expressions),
    "compounds": dict(run=nested_compounds),
    "push-pull": dict(run=push_pull_flood),
    "stderr": dict(run=full_stderr),
    "disk": dict(run=hanging_disk, disk=True),
    "takeover": dict(run=forged_takeover),
    "lamport": dict(run=lamport_walk, newcomer=True),
    "full-table": dict(run=full_table, newcomer=True),
    "prune": dict(run=prune_storm),
    "incarnation": dict(run=incarnation_walk, tags=True),
    "accusations": dict(run=plain_accusations),
    "replay": dict(run=replay),
}
