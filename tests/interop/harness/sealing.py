# SPDX-License-Identifier: Apache-2.0
"""The layers of a packet as an attacker with or without the cluster's key uses them, and back again.

Written from the format, sharing nothing with the codec under test. AES needs Debian's python3-cryptography.
"""

import base64
import os
import struct
import zlib

import msgpack

from . import hostile

try:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
except ImportError:
    AESGCM = None


def can_encrypt():
    return AESGCM is not None


class Sealing:
    """`key`: base64, as an agent is given it; None: nothing is encrypted."""

    def __init__(self, key=None):
        self._cipher = AESGCM(base64.b64decode(key)) if key else None

    def packet(self, plain):
        if not self._cipher:
            return plain
        nonce = os.urandom(12)
        return b"\x01" + nonce + self._cipher.encrypt(nonce, plain, b"")

    def frame(self, plain):
        """A whole message of a stream."""
        if not self._cipher:
            return plain
        size = 1 + 12 + len(plain) + 16
        head = bytes([hostile.ENCRYPT]) + struct.pack(">I", size)
        nonce = os.urandom(12)
        return head + b"\x01" + nonce + self._cipher.encrypt(nonce, plain, head)

    def messages(self, packet):
        """The messages of a datagram; those that cannot be read are left out."""
        if self._cipher:
            try:
                packet = self._cipher.decrypt(packet[1:13], packet[13:], b"")
            except Exception:  # another key, or no packet at all
                return []
        return list(_opened(packet, 4))


def _opened(packet, depth):
    if not packet or depth < 0:
        return
    kind = packet[0]
    if kind == hostile.CRC and len(packet) > 5:
        if zlib.crc32(packet[5:]) == struct.unpack(">I", packet[1:5])[0]:
            yield from _opened(packet[5:], depth - 1)
    elif kind == hostile.COMPRESS:
        body = msgpack.unpackb(packet[1:], raw=True, strict_map_key=False)
        yield from _opened(unpacked(body[b"Buf"]), depth - 1)
    elif kind == hostile.COMPOUND:
        count = packet[1]
        at = 2 + 2 * count
        for size in struct.unpack(f">{count}H", packet[2:at]):
            yield from _opened(packet[at:at + size], depth - 1)
            at += size
    else:
        yield packet


def fields(message):
    """(type, {name: value}) of a message; values are raw bytes or numbers."""
    unpacker = msgpack.Unpacker(raw=True, strict_map_key=False)
    unpacker.feed(message[1:])
    return message[0], {key.decode(): value for key, value in unpacker.unpack().items()}


def unpacked(data):
    """LZW, LSB first, 8 bit literals."""
    table, out = [bytes([n]) for n in range(256)] + [b"", b""], bytearray()
    width, bits, have, before = 9, 0, 0, b""
    for byte in data:
        bits |= byte << have
        have += 8
        if have < width:
            continue
        code, bits, have = bits & ((1 << width) - 1), bits >> width, have - width
        if code == 257:
            break
        if code == 256:
            del table[258:]
            width, before = 9, b""
            continue
        text = table[code] if code < len(table) else before + before[:1]
        out += text
        if before and len(table) < 4096:
            table.append(before + text[:1])
        before = text
        if len(table) >= 1 << width and width < 12:
            width += 1
    return bytes(out)
