# SPDX-License-Identifier: Apache-2.0
"""docs/recipes/central-monitor.md: each command of that page, on agents that join, stop, die and leave."""

import json
import time

from place import rpc


def run(place):
    rung = place.folder / "rung"
    handlers = (
        "-event-handler=member-failed=while IFS=\"$(printf '\\t')\" read -r name address role tags; "
        f"do printf '%s\\n' \"$name\" >>{rung}; done",
        "-event-handler=query:uptime=echo up since today")
    first = place.agent("w1", profile="fast", tags={"role": "worker"}, extra=handlers)
    workers = {"w1": first}
    for name in ("w2", "w3", "w4"):
        workers[name] = place.agent(name, join=[first], profile="fast", tags={"role": "worker"})
    place.cluster.wait_all_alive()

    def listed(*flags, agent=first):
        text = place.rollcall(agent, "members", "--format", "json", *flags).stdout
        return sorted(member["name"] for member in json.loads(text)["members"] or [])

    place.check(listed("--status", "alive") == list(workers), "who is connected: all four, by any agent")
    place.check(listed("--status", "alive", agent=workers["w4"]) == list(workers), "another agent says the same")
    place.step("who is connected: every agent knows")
    monitor = place.server("monitor", [place.program, "monitor", "--format", "json", "--since", "0"],
                           {"ROLLCALL_RPC_ADDR": rpc(first)})

    def log(event, member):
        return [record for record in map(json.loads, monitor.output.lines("out"))
                if record["event"] == event and record.get("member") == member]

    place.wait(lambda: log("member-join", "w4"), 10, "status log: the joins are there")
    begin = time.monotonic()
    workers["w3"].pause()
    place.wait(lambda: listed("--status", "failed") == ["w3"], 30, "an unresponsive worker is failed")
    place.figure(f"unresponsive after {time.monotonic() - begin:.1f} s (profile fast)")
    place.wait(lambda: log("member-suspected", "w3") and log("member-failed", "w3"), 10,
               "status log: suspected, then failed")
    place.wait(lambda: rung.exists() and rung.read_text() == "w3\n", 10, "alert: the handler has the failed worker's name")
    why = json.loads(place.rollcall(first, "why", "w3", "--all", "--format", "json").stdout)
    place.check(why["member"]["status"] == "failed" and why["records"], f"why: {why}")

    if place.run(place.program, "top", "--help", check=False).returncode == 0:
        def top(agent):
            text = place.rollcall(agent, "top", "--format", "json", check=False).stdout
            return {member["name"]: member["answered"] for member in json.loads(text)["members"]}
        place.wait(lambda: {name: top(first).get(name) for name in ("w1", "w2", "w4")} == dict.fromkeys(("w1", "w2", "w4"), True),
                   60, "CPU and memory of each that answers", lambda: str(top(first)))
    else:
        place.step("this rollcall has no top: CPU and memory left out")

    workers["w3"].resume()
    place.wait(lambda: "w3" in listed("--status", "alive"), 60, "it answers again: alive, without anybody's help")
    place.agent("w5", join=[workers["w2"]], profile="fast", tags={"role": "worker"})
    place.wait(lambda: "w5" in listed("--status", "alive", "--tag", "role=worker"), 30,
               "a worker is added: all know it, no list was changed")
    place.rollcall(workers["w4"], "leave")
    place.cluster.agents.pop("w4")
    place.wait(lambda: listed("--status", "left") == ["w4"], 30, "a worker is removed: left, not failed")
    place.check(not log("member-failed", "w4"), "a leave is no failure")
    place.wait(lambda: place.rollcall(first, "reachability", check=False).returncode == 0, 30, "all answer now")
    place.rollcall(first, "event", "deploy", "v42")
    # Gossip may miss a member, and a script may take longer than a query waits: so it may be asked again.
    place.wait(lambda: "Response from 'w1': up since today" in place.rollcall(
        workers["w2"], "query", "--timeout", "2s", "uptime", check=False).stdout, 30, "a query is answered by a script")
    place.cluster.kill("w1")
    place.wait(lambda: listed("--status", "failed", agent=workers["w2"]) == ["w1"], 60,
               "the agent that was asked so far is killed: the others go on, and know")
    place.rollcall(workers["w2"], "force-leave", "w1")
    place.wait(lambda: listed("--status", "left", agent=workers["w2"]) == ["w1", "w4"], 30, "it is taken off the list of failures")
