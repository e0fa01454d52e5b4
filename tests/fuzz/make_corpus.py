#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a starting corpus for each fuzz target of the wire room from the golden vectors.

Usage: make_corpus.py VECTORS_FOLDER OUTPUT_FOLDER

The first byte of a packet and of a stream chooses the configuration: see fuzz_peer.h.
"""
import json
import pathlib
import sys

LABEL, KEY_128, KEY_256, LENIENT, INNER = 1, 2, 4, 8, 32


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 1
    vectors, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    written = 0

    def put(target: str, name: str, data: bytes) -> None:
        nonlocal written
        folder = out / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        written += 1

    for path in sorted(vectors.glob("*.json")):
        content = json.loads(path.read_text())
        if not isinstance(content, dict) or "vectors" not in content:
            continue
        for vector in content["vectors"]:
            if "hex" not in vector:
                continue
            data, name = bytes.fromhex(vector["hex"]), vector.get("name", "unnamed")
            flags = LABEL if "label" in vector else 0
            if "key" in vector:
                flags |= KEY_128 if len(vector["key"]) == 32 else KEY_256
            if vector.get("transport") == "udp":
                put("packet_fuzz", name, bytes([flags]) + data)
                if flags == 0:  # the same, behind encryption that fits
                    put("packet_fuzz", name + "_inner", bytes([INNER | KEY_128]) + data)
                    put("msgpack_fuzz", name, data[1:])
            elif vector.get("transport") == "tcp":
                side = 0 if vector.get("side") == "dialer" else LENIENT
                put("stream_fuzz", name, bytes([flags | side, 7]) + data)
                put("msgpack_fuzz", name, data[1:])
            elif vector.get("transport") == "lzw":
                put("lzw_fuzz", name, data)
    print(f"{written} inputs under {out}")
    return 0 if written else 1


if __name__ == "__main__":
    sys.exit(main())
