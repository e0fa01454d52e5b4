# SPDX-License-Identifier: Apache-2.0
"""An HTTP server that serves the agent's page over a made-up cluster of any size.

It answers what the page asks for, in the form of docs/http.md, from a list of members that the test
may change while the page is open. It takes part in no protocol. One thread per request; an event
stream keeps its thread until close().
"""

import datetime
import http.server
import json
import random
import re
import threading
import urllib.parse

TOKEN = "token-of-the-page-tests"
ROLES = ("web", "db", "cache", "queue", "build")
PLACES = (("fra", (0.0, 0.0)), ("ams", (0.006, 0.002)), ("nyc", (-0.035, 0.02)), ("sin", (0.07, -0.06)))


def ago(seconds=0):
    """The time so many seconds before now, as the API writes it."""
    moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def cluster(count, seed=1):
    """Members of four places and five roles; every 200th is in some trouble."""
    random.seed(seed)
    members, coordinates = [], []
    for n in range(1, count + 1):
        role, (place, centre) = ROLES[n % 5], PLACES[n * 7 % 4]
        status, state, by = "alive", "alive", []
        if n > 2 and n % 97 == 3:
            status, state, by = [("failed", "dead", ["n2"]), ("alive", "suspect", ["n1", "n4"]),
                                 ("left", "left", []), ("failed", "dead", ["n9"])][n // 97 % 4]
        members.append({
            "name": f"{role}-{place}-{n:04d}" if n > 1 else "n1",
            "address": f"10.{n // 65025}.{n // 255 % 255}.{n % 255}:7946", "status": status, "state": state,
            "since": ago(60 + n * 37 % 90000), "by": by, "incarnation": n % 4,
            "last_ack": ago(n % 60 / 10) if n > 1 else None,
            "rtt_ms": round(0.2 + random.expovariate(3), 3) if n > 1 else None,
            "tags": {"role": role, "dc": place, "version": f"1.{n % 3}"},
            "protocol": 2, "delegate": 5})
        spread = [random.gauss(0, 0.0015) for _ in range(8)]
        vec = [centre[0] + spread[0], centre[1] + spread[1], *spread[2:]]
        coordinates.append({"name": members[-1]["name"], "vec": vec, "height": abs(random.gauss(0, 2e-4)),
                            "adjustment": 0.0, "error": 0.2})
    return members, coordinates


class PageServer:
    """page: the bytes of the page or a callable that makes them; policy: its Content-Security-Policy."""

    def __init__(self, page, policy, count, seed=1):
        self.page, self.policy = page, policy
        self.members, self.coordinates = cluster(count, seed)
        self.by_name = {m["name"]: m for m in self.members}
        self.events, self.posts, self.stats = [], [], {}
        self.changed = threading.Condition()
        self.closing = self.refusing = False
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/"
        self._thread = threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self):
        with self.changed:
            self.closing = True
            self.changed.notify_all()
        self.http.shutdown()
        self.http.server_close()
        self._thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def refuse(self, yes):
        """Answers 503 to everything, and ends the streams; or works again."""
        with self.changed:
            self.refusing = yes
            self.changed.notify_all()

    def emit(self, event, member="", message="", level="INFO", time=None, **fields):
        """One more record of the journal, sent to every open stream."""
        with self.changed:
            seq = len(self.events) + 1
            record = {"seq": seq, "time": time or ago(), "level": level, "event": event,
                      "component": "serf", "message": message or f"{event}: {member}"}
            if member:
                record["member"] = member
            self.events.append(record | fields)
            self.changed.notify_all()

    def change(self, name, status, state, by=(), **fields):
        """A member changes, and the journal has it."""
        member = self.by_name[name]
        member.update(status=status, state=state, by=list(by), since=ago())
        event = {"suspect": "member-suspected", "dead": "member-failed", "left": "member-leave"}.get(state, "member-join")
        self.emit(event, name, **fields)

    def agent(self):
        return {"name": self.members[0]["name"], "version": "0.1.0", "address": self.members[0]["address"],
                "profile": "lan", "uptime_s": 86400 + len(self.events), "tags": self.members[0]["tags"],
                "health_score": 0, "encrypted": True, "seq": len(self.events),
                "stats": {"serf": {"members": str(len(self.members)), "health_score": "0", "event_queue": "0",
                                   "intent_queue": "2", "query_queue": "0"},
                          "rollcall": {"broadcasts_queued": "3", "suspicions": "4", "probes": "86000",
                                       "probes_failed": "3", "packets_sent": "120", "packets_received": "130"},
                          "transport": {"loop.late_5ms": "2", "udp.sent": str(1000 + 7 * len(self.events)),
                                        "udp.received": "990", "tcp.now_open": "1"}, **self.stats}}

    def _handler(server):  # pylint: disable=no-self-argument
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, body, status=200, kind="application/json", **headers):
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                for key, value in headers.items():
                    self.send_header(key.replace("_", "-"), value)
                try:
                    self.end_headers()
                    self.wfile.write(data)
                except OSError:  # the page was closed meanwhile
                    self.close_connection = True

            def do_GET(self):
                if server.refusing:
                    return self.answer({"error": "no time now"}, 503)
                url = urllib.parse.urlsplit(self.path)
                query = urllib.parse.parse_qs(url.query)
                first = lambda key, other: query.get(key, [other])[0]
                if url.path == "/":
                    page = server.page() if callable(server.page) else (server.page, server.policy)
                    return self.answer(page[0], 200, "text/html; charset=utf-8", Content_Security_Policy=page[1])
                if url.path == "/v1/agent":
                    return self.answer(server.agent())
                if url.path == "/v1/coordinates":
                    return self.answer({"coordinates": server.coordinates})
                if url.path == "/v1/members":
                    names = sorted(server.members, key=lambda m: m["name"].encode())
                    if "after" in query:
                        names = [m for m in names if m["name"].encode() > first("after", "").encode()]
                    if "status" in query:
                        names = [m for m in names if re.fullmatch(first("status", ""), m["status"])]
                    limit = int(first("limit", "10000"))
                    answer = {"members": names[:limit]}
                    if len(names) > limit:
                        answer["next"] = names[limit - 1]["name"]
                    return self.answer(answer)
                if url.path == "/v1/events":
                    return self.stream(int(self.headers.get("Last-Event-ID") or first("since", "0")))
                parts = [urllib.parse.unquote(p) for p in url.path.split("/")]
                if parts[:3] == ["", "v1", "members"] and len(parts) > 3 and parts[3] in server.by_name:
                    if len(parts) == 4:
                        return self.answer(server.by_name[parts[3]])
                    records = [e for e in server.events if e.get("member") == parts[3]][-32:]
                    return self.answer({"name": parts[3], "member": server.by_name[parts[3]], "records": records})
                return self.answer({"error": f"no such path: {url.path}"}, 404)

            def stream(self, seq):
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                try:
                    while True:
                        with server.changed:
                            while len(server.events) <= seq and not server.closing and not server.refusing:
                                server.changed.wait()
                            if server.closing or server.refusing:
                                return
                            fresh, seq = server.events[seq:], len(server.events)
                        for record in fresh:
                            if record["event"] == "lagged":
                                data = {"lost": 120, "from": record["seq"], "to": record["seq"] + 119}
                                self.wfile.write(f"event: lagged\ndata: {json.dumps(data)}\n\n".encode())
                            elif record["level"] != "DEBUG":
                                self.wfile.write(f"id: {record['seq']}\nevent: {record['event']}\n"
                                                 f"data: {json.dumps(record)}\n\n".encode())
                        self.wfile.flush()
                except OSError:
                    pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    return self.answer({"error": "wrong token"}, 401)
                path = urllib.parse.unquote(self.path)
                if path == "/v1/event" and not body.get("name"):
                    return self.answer({"error": "name: missing"}, 400)
                server.posts.append((path, body))
                if path.endswith("/force-leave"):
                    server.change(path.split("/")[3], "left", "left")
                if path == "/v1/tags":
                    tags = server.members[0]["tags"]
                    tags.update(body.get("set", {}))
                    for key in body.get("delete", []):
                        tags.pop(key, None)
                    return self.answer({"tags": tags})
                return self.answer({})

        return Handler
