# SPDX-License-Identifier: Apache-2.0
"""docs/recipes/prometheus.md: a real Prometheus, and the members that it finds through one agent."""

import http.server
import json
import shutil
import threading
import urllib.parse

from harness.loopback import free_port
from place import ROOT

RULES = ROOT / "deploy" / "prometheus" / "rollcall.rules.yml"
HOSTILE = 'x"} 1 evil{a="'  # a tag that would be another sample, were it printed as it is


def agents(place, count, tags=lambda _i: {}):
    """Agents whose HTTP sides have one port, as on hosts of their own: (agents, port)."""
    first = place.host()
    port = free_port(first)
    made = []
    for i in range(1, count + 1):
        made.append(start(place, f"n{i}", port, made[:1], first if i == 1 else None, tags(i)))
    return made, port


def start(place, name, port, join, host=None, tags=None):
    host = host or place.host()
    return place.agent(name, host=host, join=join, tags=tags, extra=(f"-http-addr={host}:{port}",))


class Prometheus:
    def __init__(self, place, config):
        host = place.host()
        self._place, self.base = place, f"http://{host}:{place.port(host)}"
        process = place.server("prometheus", [
            f"--config.file={config}", f"--storage.tsdb.path={place.folder / 'data'}",
            f"--web.listen-address={self.base.removeprefix('http://')}", "--log.level=warn"])
        place.wait(lambda: place.get(f"{self.base}/-/ready"), 60, "Prometheus is ready", process.output.text)

    def up(self, job="rollcall"):
        """{member: last up} of the targets that it has now."""
        active = json.loads(self._place.get(f"{self.base}/api/v1/targets?state=active"))["data"]["activeTargets"]
        return {target["labels"]["member"]: target["health"] for target in active if target["labels"]["job"] == job}

    def query(self, expression):
        """[(labels, value)]"""
        text = urllib.parse.urlencode({"query": expression})
        data = json.loads(self._place.get(f"{self.base}/api/v1/query?{text}"))["data"]
        return [(sample["metric"], float(sample["value"][1])) for sample in data["result"]]


class Exporter(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"app_requests_total 7\n")

    def log_message(self, *_):
        pass


def run(place):
    exporter = http.server.ThreadingHTTPServer((place.host(), 0), Exporter)
    threading.Thread(target=exporter.serve_forever, daemon=True).start()
    host, app_port = exporter.server_address
    try:
        story(place, host, app_port)
    finally:
        exporter.shutdown()
        exporter.server_close()


def story(place, app_host, app_port):
    made, port = agents(place, 3, lambda i: {"role": HOSTILE} if i == 3 else {"role": "web"})
    place.cluster.wait_all_alive()
    shutil.copy(RULES, place.folder)
    config = place.configure("prometheus.yml", {
        "127.0.0.1:7380": f"{made[0].options.host}:{port}", "15s": "1s",
        "/etc/prometheus/": f"{place.folder}/"})
    server = Prometheus(place, config)
    place.wait(lambda: server.up() == {"n1": "up", "n2": "up", "n3": "up"}, 60, "the three members are scraped", server.up)
    place.check(place.curl(f"{server.base}/-/healthy") is not None, "curl reaches Prometheus")
    place.wait(lambda: server.query('count(rollcall_members{status="alive"} == 3)') == [({}, 3.0)], 30,
               "each of them counts three members that are alive")
    roles = {labels["member"]: labels.get("role") for labels, _ in server.query("rollcall_agent_info")}
    place.check(roles == {"n1": "web", "n2": "web", "n3": HOSTILE}, f"a hostile tag is a value and nothing else: {roles}")

    start(place, "n4", port, made[:1])
    place.wait(lambda: server.up().get("n4") == "up", 60, "a member that joins is scraped", server.up)
    start(place, "app1", port, made[:1], app_host, {"metrics_port": str(app_port)})
    place.wait(lambda: server.up("app") == {"app1": "up"}, 60, "a member that announces a port of its own is scraped there")
    place.rollcall(place.cluster.agents["n4"], "leave")
    place.wait(lambda: "n4" not in server.up(), 60, "a member that leaves is no target any more", server.up)
    place.cluster.kill("n2")
    place.wait(lambda: "n2" not in server.up(), 60, "a member that fails is no target any more", server.up)
    place.cluster.restart("n2", join=made[0])
    place.wait(lambda: server.up().get("n2") == "up", 60, "it comes back, and is scraped", server.up)
    place.wait(lambda: not server.query("up == 0"), 30, "no target is left that does not answer",
               lambda: str(server.query("up == 0")))
