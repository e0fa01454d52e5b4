# SPDX-License-Identifier: Apache-2.0
"""docs/recipes/alertmanager.md: a failed member's alert, from the rule to a webhook, and its end."""

import http.server
import json
import threading

from place import ROOT
from runs.prometheus import Prometheus, agents

RULES = ROOT / "deploy" / "prometheus" / "rollcall.rules.yml"
ALERT = "RollcallMemberFailed"


class Webhook:
    """What Alertmanager posts, in its order."""

    def __init__(self, host):
        received = self.received = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.address = "{}:{}".format(*self._server.server_address)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def has(self, status):
        return any(alert["status"] == status and alert["labels"]["alertname"] == ALERT
                   for message in self.received for alert in message["alerts"])

    def seen(self):
        return json.dumps(self.received, indent=1)

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def run(place):
    webhook = Webhook(place.host())
    try:
        story(place, webhook)
    finally:
        webhook.close()


def story(place, webhook):
    made, port = agents(place, 4)
    place.cluster.wait_all_alive()
    host = place.host()
    address = f"{host}:{place.port(host)}"
    config = place.configure("alertmanager.yml", {"127.0.0.1:9095": webhook.address, "10s": "1s", "30s": "1s"})
    process = place.server("alertmanager", [
        f"--config.file={config}", f"--storage.path={place.folder / 'alerts'}", f"--web.listen-address={address}",
        "--cluster.listen-address="])
    place.wait(lambda: place.get(f"http://{address}/-/ready"), 60, "Alertmanager is ready", process.output.text)
    place.configure("rollcall.rules.yml", {"for: 30s": "for: 2s"}, source=RULES)
    server = Prometheus(place, place.configure("prometheus.yml", {
        "127.0.0.1:9093": address, "127.0.0.1:7380": f"{made[0].options.host}:{port}", "15s": "1s", " 5s": " 1s",
        "/etc/prometheus/": f"{place.folder}/"}))
    place.wait(lambda: len(server.up()) == 4, 60, "four members are scraped", server.up)
    place.check(not webhook.has("firing"), f"no alert while all is well: {webhook.seen()}")

    place.cluster.kill("n4")
    place.wait(lambda: webhook.has("firing"), 90, "a member was killed: its alert is at the webhook", webhook.seen)
    place.cluster.restart("n4", join=made[0])
    place.wait(lambda: webhook.has("resolved"), 90, "it is back: the alert is resolved at the webhook", webhook.seen)
