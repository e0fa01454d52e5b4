# SPDX-License-Identifier: Apache-2.0
"""docs/recipes/etcd.md: a real etcd, and a worker whose probe interval follows a key."""

import json
import time

import servers
from harness.waiting import wait_until
from place import Skipped, rpc


def probes(place, agent):
    """How many probes it has begun."""
    return int(json.loads(place.rollcall(agent, "info", "--format", "json").stdout)["rollcall"]["probes"])


def rate(place, agent, count=5):
    """Probes per second, over at least `count` of them."""
    begin, before = time.monotonic(), probes(place, agent)
    wait_until(lambda: probes(place, agent) >= before + count, 60, "the agent probes")
    return (probes(place, agent) - before) / (time.monotonic() - begin)


def run(place):
    if place.run(place.program, "tune", "--help", check=False).returncode != 0:
        raise Skipped("this rollcall has no tune")
    host = place.host()
    clients, peers = (f"http://{host}:{place.port(host)}" for _ in range(2))
    process = place.server("etcd", [
        "--data-dir", place.folder / "etcd", "--listen-client-urls", clients, "--advertise-client-urls", clients,
        "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", f"default={peers}"])
    environment = {"ETCDCTL_API": "3", "ETCDCTL_ENDPOINTS": clients}

    def etcdctl(*words, check=True):
        return place.run(servers.find("etcdctl"), *words, environment=environment, check=check)

    place.wait(lambda: etcdctl("endpoint", "health", check=False).returncode == 0, 60, "etcd runs", process.output.text)
    workers = [place.agent("w1"), ]
    workers.append(place.agent("w2", join=workers))
    place.cluster.wait_all_alive()
    etcdctl("put", "/rollcall/tune/w1/probe_interval", "200ms")  # before the script starts
    scripts = {each.name: place.server(f"tune-{each.name}", [place.files / "rollcall-tune-from-etcd"],
                                       environment | {"WORKER": each.name, "ROLLCALL_RPC_ADDR": rpc(each)})
               for each in workers}
    scripts["w1"].output.wait_for(lambda lines: any("probe_interval=200ms" in line for line in lines), 30,
                                  "a key that was there is applied")
    place.wait(lambda: rate(place, workers[0]) > 2, 30, "the worker probes every 200 ms")
    place.check(rate(place, workers[1], 3) < 1.5, "the other worker keeps its interval")
    etcdctl("put", "/rollcall/tune/w2/probe_interval", "100ms")
    place.wait(lambda: rate(place, workers[1], 10) > 4, 30, "a new key changes the other worker, to 100 ms")
    for value in ("1ms; touch /tmp/x", "--all", "5s\nPUT\n/rollcall/tune/w1/probe_interval\n9s", "-1s"):
        etcdctl("put", "--", "/rollcall/tune/w2/probe_interval", value)
    etcdctl("put", "/rollcall/tune/w2/node_name", "w3")
    place.wait(lambda: scripts["w2"].output.text().count("ignored") >= 5, 30, "hostile keys and values are ignored",
               scripts["w2"].output.text)
    place.check(rate(place, workers[1], 10) > 4, "and have changed nothing")
    etcdctl("put", "/rollcall/tune/w2/probe_interval", "1s")
    place.wait(lambda: rate(place, workers[1], 3) < 1.5, 30, "another key changes it back, to 1 s")
