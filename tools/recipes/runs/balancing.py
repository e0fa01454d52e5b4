# SPDX-License-Identifier: Apache-2.0
"""What the recipes of load balancers share: web servers that say who they are, and members that announce them."""

import http.server
import threading

from harness.loopback import free_port, split_endpoint

# Names and tags that would be further lines of a configuration, were they printed as they are.
HOSTILE_NAME = "evil 127.0.0.1:1;} server stolen 127.0.0.1:2 # \"'$(x)"
HOSTILE_PORT = "80;}\nserver { listen 81; }"


class Web:
    """A web server for each member, at the member's own address. It lives on when its agent is killed."""

    def __init__(self):
        self._servers = []

    def start(self, host, name):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = f"{name}\n".encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        server = http.server.ThreadingHTTPServer((host, 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._servers.append(server)
        return server.server_address[1]

    def close(self):
        for server in self._servers:
            server.shutdown()
            server.server_close()


class Members:
    """Agents with a web server each, the first one the balancer's own, without one."""

    def __init__(self, place, web, rpc=None, extra=(), environment=None):
        self._place, self._web = place, web
        place_of_rpc = {} if rpc is None else {"host": split_endpoint(rpc)[0], "rpc_port": split_endpoint(rpc)[1]}
        self.first = place.agent("balancer", extra=tuple(extra), environment=environment, **place_of_rpc)

    def start(self, name):
        host = self._place.host()
        return self._place.agent(name, host=host, join=[self.first],
                                 tags={"role": "web", "http_port": str(self._web.start(host, name))})

    def start_hostile(self):
        self._place.agent("hostile-port", join=[self.first], tags={"role": "web", "http_port": HOSTILE_PORT})
        self._place.agent(HOSTILE_NAME, join=[self.first], tags={"role": "web", "http_port": "80"})
        self._place.wait(lambda: HOSTILE_NAME in self.first.members(), 60, "a member with a hostile name has joined")

    def shown(self):
        return self.first.statuses()


def answers(place, url, count):
    """Who answers `count` requests by curl; None for each that failed."""
    return {(place.curl(url) or "no answer").strip() for _ in range(count)}


def story(place, members, url, written):
    """Joins, a failure, a leave and a return, as the clients of a load balancer see them."""
    agents = {name: members.start(name) for name in ("web1", "web2", "web3")}
    members.start_hostile()

    def served_by(*names):
        return lambda: answers(place, url, 12) == set(names)

    place.wait(served_by("web1", "web2", "web3"), 60, "requests are answered by all three members",
               lambda: written() + "\n" + str(members.shown()))
    place.check("evil" not in written() and "stolen" not in written() and "listen 81" not in written(),
                f"hostile members are left out: {written()}")
    place.cluster.kill("web2")
    place.wait(served_by("web1", "web3"), 60, "a member failed, and gets no requests", written)
    place.rollcall(agents["web3"], "leave")
    place.cluster.agents.pop("web3")
    place.wait(served_by("web1"), 60, "a member left, and gets no requests", written)
    place.cluster.restart("web2", join=members.first)
    place.wait(served_by("web1", "web2"), 60, "the failed member is back, and gets requests", written)
    place.check(answers(place, url, 50) == {"web1", "web2"}, "of 50 requests by curl each was answered")


def free_address(place):
    host = place.host()
    return f"{host}:{free_port(host)}"
