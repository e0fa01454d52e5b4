# SPDX-License-Identifier: Apache-2.0
"""Packets and streams as an attacker would build them: every layer by hand, nothing checked.

Written from the format, sharing nothing with the codec under test. Builds bytes and sends them; knows
nothing of agents.
"""

import random
import socket
import struct
import zlib

import msgpack

PING, INDIRECT_PING, ACK, SUSPECT, ALIVE, DEAD, PUSH_PULL, COMPOUND, USER, COMPRESS, ENCRYPT, NACK, \
    CRC, ERR = range(14)
LABEL = 0xF4
SERF_VERSIONS = bytes([1, 5, 2, 2, 5, 5])


def pack(fields):
    """memberlist's dialect: the raw family for text and bytes alike."""
    return msgpack.Packer(use_bin_type=False).pack(dict(sorted(fields.items())))


def message(kind, **fields):
    return bytes([kind]) + pack(fields)


def alive(name, host, port, incarnation=1, versions=SERF_VERSIONS, meta=b"\xff\x80", address=None):
    address = socket.inet_aton(host) if address is None else address
    return message(ALIVE, Node=name, Addr=address, Port=port, Incarnation=incarnation, Meta=meta,
                   Vsn=versions)


def compound(*parts, count=None, lengths=None):
    lengths = [len(part) for part in parts] if lengths is None else lengths
    count = len(parts) if count is None else count
    return (bytes([COMPOUND, count & 0xFF]) + b"".join(struct.pack(">H", n) for n in lengths)
            + b"".join(parts))


def crc(packet, wrong=0):
    return bytes([CRC]) + struct.pack(">I", zlib.crc32(packet) ^ wrong) + packet


def label(text, packet):
    return bytes([LABEL, len(text)]) + text + packet


def compress(packet, algorithm=0):
    return message(COMPRESS, Algo=algorithm, Buf=lzw(packet))


def compressed_raw(codes_bytes, algorithm=0):
    return message(COMPRESS, Algo=algorithm, Buf=codes_bytes)


class _CodeWriter:
    """LZW codes, LSB first, 8 bit literals: widths and resets as the format has them."""

    def __init__(self):
        self.out, self._bits, self._have = bytearray(), 0, 0
        self.reset()
        self._emit(256)

    def reset(self):
        self._width, self.high, self._limit = 9, 257, 512

    def data_code(self, code):
        """Writes one code of the data; True when the table is full and was cleared."""
        self._emit(code)
        self.high += 1
        if self.high == self._limit:
            self._width, self._limit = self._width + 1, self._limit * 2
        if self.high == 4095:
            self._emit(256)
            self.reset()
            return True
        return False

    def end(self):
        self._emit(257)
        if self._have:
            self.out.append(self._bits & 0xFF)
        return bytes(self.out)

    def _emit(self, code):
        self._bits |= code << self._have
        self._have += self._width
        while self._have >= 8:
            self.out.append(self._bits & 0xFF)
            self._bits >>= 8
            self._have -= 8


def lzw(data):
    writer, table = _CodeWriter(), {}
    if data:
        current = data[0]
        for byte in data[1:]:
            if (current, byte) in table:
                current = table[current, byte]
                continue
            if writer.data_code(current):
                table = {}
            else:
                table[current, byte] = writer.high
            current = byte
        writer.data_code(current)
    return writer.end()


def lzw_of_zeros(at_least):
    """The shortest way to say very many zero bytes: every code is one longer than the one before."""
    writer, told, length = _CodeWriter(), 0, 1
    while told < at_least:
        told += length
        cleared = writer.data_code(0 if length == 1 else writer.high)
        length = 1 if cleared else length + 1
    return writer.end()


def bomb(size):
    return message(COMPRESS, Algo=0, Buf=lzw_of_zeros(size))


def nested(packet, depth, wrap):
    for _ in range(depth):
        packet = wrap(packet)
    return packet


def deadly_packets(victim, host, port, stranger_host):
    """{name: datagram} of what is known to kill or to poison peers, against the agent `victim`.

    None of them may change what the victim believes. The robustness table of the wire format first,
    then what its bounds are for.
    """
    ghost = dict(name="ghost", host=stranger_host, port=7)
    good_ghost = alive(**ghost)
    packets = {
        "compound with an empty part": compound(b"", alive(**ghost, versions=b"\x01"), b""),
        "compound of nothing but an empty part": compound(b""),
        "compound that claims more than it has": compound(good_ghost[:10], count=200, lengths=[500]),
        "compound of no parts": bytes([COMPOUND, 0]),
        "compressed nothing": compress(b""),
        "compressed nothing, checksummed": crc(compress(b"")),
        "alive with 1 version byte": alive(**ghost, versions=b"\x01"),
        "alive with 2 version bytes": alive(**ghost, versions=b"\x01\x05"),
        "alive with 5 version bytes": alive(**ghost, versions=b"\x01\x05\x02\x02\x05"),
        "alive without version bytes": alive(**ghost, versions=b""),
        "alive with version bytes nil": alive(**ghost, versions=None),
        "alive with impossible versions": alive(**ghost, versions=bytes([5, 1, 2, 2, 5, 5])),
        "alive with an address of 3 bytes": alive(**ghost, address=b"\x7f\x00\x00"),
        "alive with an address of 200 bytes": alive(**ghost, address=b"\x7f" * 200),
        "alive with an empty name": alive("", stranger_host, 7),
        "alive with incarnation 0": alive(**ghost, incarnation=0),
        "alive with a negative incarnation": alive(**ghost, incarnation=-1),
        "alive with an incarnation beyond 32 bits": alive(**ghost, incarnation=1 << 33),
        "suspect that nobody can outbid": message(SUSPECT, Node=victim, From="ghost",
                                                  Incarnation=0xFFFFFFFF),
        "dead that nobody can outbid": message(DEAD, Node=victim, From="ghost", Incarnation=0xFFFFFFFF),
        "suspect of a stranger": message(SUSPECT, Node="ghost", From="x", Incarnation=7),
        "indirect ping without a target": message(INDIRECT_PING, Node="", Target=b"", Port=0, SeqNo=1,
                                                  Nack=True),
        "indirect ping to an address of 5 bytes": message(INDIRECT_PING, Node="x", Target=b"12345",
                                                          Port=1, SeqNo=1, Nack=True),
        "ping with its answer to port 0": message(PING, Node=victim, SeqNo=1, Port=0,
                                                  SourceAddr=b"\x00" * 4, SourcePort=0),
        "ping with a name of 60 000 bytes": message(PING, Node="n" * 60000, SeqNo=1),
        "ack to nobody": message(ACK, SeqNo=12345, Payload=b"\xff" * 300),
        "coordinate of infinite values": message(ACK, SeqNo=1, Payload=b"\x01" + pack(
            {"Vec": [float("inf")] * 8, "Error": float("nan"), "Adjustment": 0.0, "Height": -1.0})),
        "nack to nobody": message(NACK, SeqNo=12345),
        "push/pull by datagram": message(PUSH_PULL, Nodes=1, UserStateLen=0, Join=True),
        "encrypted stream frame by datagram": bytes([ENCRYPT]) + b"\xff" * 40,
        "unknown type": b"\x7b" + pack({}),
        "wrong checksum": crc(good_ghost, wrong=1),
        "checksum inside a compound": compound(crc(good_ghost)),
        "checksum of nothing": bytes([CRC, 0, 0, 0, 0]),
        "unlabelled agent, labelled packet": label(b"other", good_ghost),
        "empty label": label(b"", good_ghost),
        "label without end": bytes([LABEL, 255]) + b"short",
        "compound 60 levels deep": nested(good_ghost, 60, compound),
        "compression 30 levels deep": nested(good_ghost, 30, compress),
        "compression bomb": bomb(60 << 20),
        "unknown compression": compress(good_ghost, algorithm=9),
        "broken compression": compressed_raw(b"\xff" * 64),
        "compression that never ends": compressed_raw(lzw(good_ghost)[:-3]),
        "map with 4 billion entries": bytes([ALIVE]) + b"\xdf\xff\xff\xff\xff",
        "string of 4 GB": bytes([PING]) + b"\x81\xa4Node\xdb\xff\xff\xff\xff",
        "array nested 60 000 deep": bytes([ALIVE]) + b"\x81\xa4Node" + b"\x91" * 60000,
        "user message of nothing": bytes([USER]),
        "user message of an unknown type": bytes([USER, 77]) + pack({}),
        "join intent of nobody at the end of time": bytes([USER, 1]) + pack({"LTime": 5}),
        "user event with a broken body": bytes([USER, 3]) + b"\x84\xa2CC",
        "query with its answer to nowhere": bytes([USER, 4]) + pack(
            {"LTime": 3, "ID": 1, "Addr": b"123", "Port": 0, "SourceNode": "x", "Filters": None,
             "Flags": 1, "RelayFactor": 255, "Timeout": -1, "Name": "x", "Payload": b""}),
        "query with a filter of bad expression": bytes([USER, 4]) + pack(
            {"LTime": 4, "ID": 2, "Addr": b"\x7f\0\0\1", "Port": 9, "SourceNode": "x",
             "Filters": [b"\x01" + pack({"Tag": "a", "Expr": "(" * 500})], "Flags": 0,
             "RelayFactor": 0, "Timeout": 1, "Name": "x", "Payload": b""}),
        "relay to an empty address": bytes([USER, 9]) + pack(
            {"DestAddr": {"IP": b"", "Port": -1, "Zone": ""}, "DestName": ""}) + bytes([USER, 3]),
        "relay in a relay in a relay": bytes([USER]) + (bytes([9]) + pack(
            {"DestAddr": {"IP": socket.inet_aton(host), "Port": port, "Zone": ""},
             "DestName": victim})) * 50,
        "nothing": b"",
    }
    for kind in range(14):
        packets[f"type {kind} alone"] = bytes([kind])
    for end in range(1, len(good_ghost)):
        packets[f"alive cut to {end} bytes"] = good_ghost[:end]
    return packets


def deadly_streams(victim):
    """{name: bytes to write on a fresh connection}; each must end in a refusal, and in nothing else."""
    def header(**fields):
        return message(PUSH_PULL, **fields)
    return {
        "frame of 4 GB": bytes([ENCRYPT]) + b"\xff\xff\xff\xff" + b"x" * 64,
        "frame of nothing": bytes([ENCRYPT]) + b"\0\0\0\0",
        "a billion nodes": header(Nodes=1 << 30, UserStateLen=0, Join=True) + b"\x81" * 100,
        "negative nodes": header(Nodes=-1, UserStateLen=0, Join=True),
        "user state of 2^40 bytes": header(Nodes=0, UserStateLen=1 << 40, Join=True) + b"x" * 1000,
        "user message of 2^31 bytes": message(USER, UserMsgLen=1 << 31) + b"x" * 1000,
        "negative user message": message(USER, UserMsgLen=-5),
        "node without versions": header(Nodes=1, UserStateLen=0, Join=True) + pack(
            {"Name": "ghost", "Addr": b"\x7f\0\0\x09", "Port": 9, "Incarnation": 1, "State": 0,
             "Meta": None, "Vsn": b""}),
        "node in an unknown state": header(Nodes=1, UserStateLen=0, Join=False) + pack(
            {"Name": "ghost", "Addr": b"\x7f\0\0\x09", "Port": 9, "Incarnation": 1, "State": 200,
             "Meta": None, "Vsn": SERF_VERSIONS}),
        "victim dead, beyond any bid": header(Nodes=1, UserStateLen=0, Join=False) + pack(
            {"Name": victim, "Addr": b"\x7f\0\0\x09", "Port": 9, "Incarnation": 0xFFFFFFFF, "State": 2,
             "Meta": None, "Vsn": SERF_VERSIONS}),
        "user state of an unknown type": header(Nodes=0, UserStateLen=3, Join=True) + b"\x63abc",
        "compressed nothing": compress(b""),
        "compressed into itself": nested(b"", 20, compress),
        "compression bomb": bomb(4 << 30),
        "ping for somebody else": message(PING, Node="somebody", SeqNo=1),
        "alive by stream": alive("ghost", "127.0.0.9", 9),
        "err out of the blue": message(ERR, Error="e" * 100000),
        "label": label(b"other", header(Nodes=0, UserStateLen=0, Join=True)),
        "web request": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "nothing but a type": bytes([PUSH_PULL]),
    }


def garbage(seed, count, limit=1400):
    """Seeded random packets: pure noise, and noise behind the type byte of a real message."""
    dice = random.Random(seed)
    kinds = [*range(14), LABEL]
    for _ in range(count):
        noise = dice.randbytes(dice.randrange(limit) if dice.random() < 0.2 else dice.randrange(80))
        shape = dice.randrange(4)
        if shape == 1:
            noise = bytes([dice.choice(kinds)]) + noise
        elif shape == 2:
            noise = bytes([dice.choice(kinds), 0x80 + dice.randrange(16)]) + noise
        elif shape == 3:
            noise = crc(bytes([dice.choice(kinds)]) + noise)
        yield noise


def send_stream(endpoint, data, timeout=3):
    """Writes `data` on a fresh connection, ends our side, and reads what comes back until it is closed.

    None: it was not closed within the timeout.
    """
    with socket.create_connection(endpoint, timeout=timeout) as stream:
        answer = bytearray()
        try:
            stream.sendall(data)
            stream.shutdown(socket.SHUT_WR)
            while piece := stream.recv(65536):
                answer += piece
        except TimeoutError:
            return None
        except (ConnectionResetError, BrokenPipeError):
            pass  # closed in mid-sentence: a refusal like any other
        return bytes(answer)


def read_only_push_pull(endpoint, timeout=10):
    """A harmless exchange: an empty list of ours for all of theirs. True when an answer came."""
    request = message(PUSH_PULL, Nodes=0, UserStateLen=0, Join=False)
    answer = send_stream(endpoint, request, timeout)
    return bool(answer) and answer[0] in (PUSH_PULL, COMPRESS)
