# SPDX-License-Identifier: Apache-2.0
"""What may listen at an address where an agent expects a peer: programs that are no members, and a member of other
versions. Small servers on threads of the test; each has one port for TCP and UDP, and ends with its block.
"""

import io
import socket
import threading

import msgpack

from . import hostile


class Listener:
    """TCP and UDP on one port. `on_stream(socket)` for each connection, `on_packet(bytes)` gives an answer or None."""

    def __init__(self, host, on_stream, on_packet=lambda data: None):
        self._on_stream, self._on_packet = on_stream, on_packet
        self._udp, self._tcp = self._one_port(host)
        self.address = self._tcp.getsockname()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._packets, self._streams)]
        for thread in self._threads:
            thread.start()

    @staticmethod
    def _one_port(host):
        """A port that is free for both."""
        for _ in range(20):
            tcp = socket.create_server((host, 0))
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                udp.bind(tcp.getsockname())
                return udp, tcp
            except OSError:
                tcp.close()
                udp.close()
        raise OSError("no port is free for TCP and UDP at " + host)

    def _packets(self):
        while True:
            try:
                data, sender = self._udp.recvfrom(65536)
                if sender is None:
                    return  # shut down
                answer = self._on_packet(data)
                if answer is not None:
                    self._udp.sendto(answer, sender)
            except ConnectionError:
                continue  # an earlier answer was refused
            except OSError:
                return  # closed

    def _streams(self):
        while True:
            try:
                stream, _ = self._tcp.accept()
            except OSError:
                return
            with stream:
                stream.settimeout(5)
                try:
                    self._on_stream(stream)
                except OSError:
                    pass  # the peer went away, or sends nothing more

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for listening in (self._udp, self._tcp):
            try:
                listening.shutdown(socket.SHUT_RDWR)  # wakes its thread
            except OSError:
                pass
        for thread in self._threads:
            thread.join(10)
        self._udp.close()
        self._tcp.close()


class Speaker:
    """Programs that are no members."""

    @staticmethod
    def web_server(host):
        """Answers a request that it does not understand as web servers do, and ignores datagrams."""
        def answer(stream):
            stream.recv(65536)
            stream.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return Listener(host, answer)

    @staticmethod
    def greeting(host):
        """Speaks first, as SSH and mail servers do."""
        def answer(stream):
            stream.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            stream.recv(65536)
        return Listener(host, answer)

    @staticmethod
    def echo(host):
        """Sends back whatever comes."""
        def answer(stream):
            while data := stream.recv(65536):
                stream.sendall(data)
        return Listener(host, answer, lambda data: data)


class ForeignMember:
    """A member in memberlist's form that announces these six versions: acks pings by UDP and by stream, and answers
    a push/pull with its own state."""

    def __init__(self, name, host, versions):
        self._name, self._versions = name, versions
        self._listener = Listener(host, self._stream, self._packet)
        self.address = self._listener.address

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.__exit__()

    @staticmethod
    def _ack(ping):
        return hostile.message(hostile.ACK, SeqNo=ping["SeqNo"], Payload=b"")

    def _packet(self, data):
        for message in self._messages(data):
            if message[0] == hostile.PING:
                ping = msgpack.unpackb(message[1:], raw=True, strict_map_key=False)
                return self._ack({key.decode(): value for key, value in ping.items()})
        return None

    @staticmethod
    def _messages(packet):
        if packet[:1] == bytes([hostile.CRC]):
            packet = packet[5:]
        if packet[:1] != bytes([hostile.COMPOUND]):
            return [packet] if packet else []
        count, found = packet[1], []
        at = 2 + 2 * count
        for i in range(count):
            size = int.from_bytes(packet[2 + 2 * i:4 + 2 * i], "big")
            found.append(packet[at:at + size])
            at += size
        return found

    def _stream(self, stream):
        first = stream.recv(65536)
        if first[:1] == bytes([hostile.PING]):
            ping = msgpack.Unpacker(io.BytesIO(first[1:]), raw=True).unpack()
            stream.sendall(self._ack({key.decode(): value for key, value in ping.items()}))
        else:
            stream.sendall(self._state())
        stream.shutdown(socket.SHUT_WR)
        while stream.recv(65536):
            pass

    def _state(self):
        host, port = self.address
        node = {"Name": self._name, "Addr": socket.inet_aton(host), "Port": port, "Meta": b"", "Incarnation": 1,
                "State": 0, "Vsn": self._versions}
        return (hostile.message(hostile.PUSH_PULL, Nodes=1, UserStateLen=0, Join=False) + hostile.pack(node))
