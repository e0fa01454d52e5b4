# SPDX-License-Identifier: Apache-2.0
"""One attack on one cluster of real agents, and what it did to them.

A cluster is used once. Everything that is measured is what peers, clients and the operating system can
see: acks, member lists, log lines, /proc.
"""

import collections
import dataclasses
import json
import os
import pathlib
import re
import time

from .attacks import ATTACKS, Field
from .misfortunes import Disk
from .ping_meter import PingMeter
from .rpc import RpcError
from .sealing import Sealing
from .waiting import PATIENCE

TOKEN = "the token"
OBSERVED = 60.0     # seconds after the attack; then the views count as not right
FAILED = "member-failed"
SERF_FAILED = re.compile(r"EventMemberFailed: (\S+)")
TICK = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass
class Row:
    attack: str
    setting: str                    # "rollcall", "serf", "mixed", ...
    seconds: float                  # of attack
    false_failures: int = 0         # healthy members that were declared failed, over all agents
    failures_at_ours: int = 0       # of these, those by rollcall agents
    worst_ping: float = 0.0         # seconds
    cpu: float = 0.0                # seconds, of the attacked agent
    rss_kib: int = 0                # its peak
    right_after: float | None = None  # seconds until every view was right; None: not within OBSERVED
    right_at_ours: float | None = None  # likewise, every view of a rollcall agent
    ended: tuple = ()               # agents that exited

    @property
    def holds(self):
        """What the project promises of any attack that leaves the machine's network alone."""
        return self.failures_at_ours == 0 and self.right_at_ours is not None and not self.ended


@dataclasses.dataclass(frozen=True)
class Setting:
    """`kinds`: of the five agents, the first is attacked. `key`: base64; `attacker_key`: whether it has it."""
    name: str
    kinds: tuple = ("rollcall",) * 5
    key: str | None = None
    attacker_key: bool = True


SERF = ("serf",) * 5
MIXED = ("rollcall",) * 3 + ("serf",) * 2


def names(setting):
    return [f"agent{number}" for number in range(1, len(setting.kinds) + 1)]


def start(cluster, setting, attack):
    """The agents, joined and known to each other. The first is prepared for what this attack is about."""
    how = ATTACKS[attack]
    seed = None
    for name, kind in zip(names(setting), setting.kinds, strict=True):
        extra = ["-log-format=json"] if kind == "rollcall" else []
        if seed is None:
            extra += prepared(cluster, name, how)
        agent = cluster.start(kind, name, join=[seed] if seed else [], extra=tuple(extra), profile="lan",
                              tags={"role": "fort"})
        if seed is None and how.get("control"):
            agent.token = TOKEN
        seed = seed or agent
    cluster.wait_all_alive()


def prepared(cluster, name, how):
    """The flags of the agent that is attacked: a token, or a snapshot on a disk that can hang."""
    flags = []
    if how.get("control"):  # Serf has no flag for it
        file = pathlib.Path(cluster.directory) / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"rpc_auth": TOKEN}))
        file.chmod(0o600)
        flags.append(f"-config-file={file}")
    if how.get("disk"):
        cluster.disk = Disk(pathlib.Path(cluster.directory))
        cluster.keep(cluster.disk)
        flags.append(f"-snapshot={cluster.disk.folder / 'snapshot'}")
    return flags


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def peak_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def failures_in(agent, members):
    """{member: how often this agent declared it failed so far}, of these members.

    Of a flood the log leaves lines out, and what an agent remembers of a member is bounded: the larger number counts.
    """
    if agent.kind == "serf":
        logged = collections.Counter(SERF_FAILED.findall(agent.output.text()))
        return {member: logged[member] for member in members}
    logged = collections.Counter(record.get("member") for record in agent.records if record["event"] == FAILED)
    return {member: max(logged[member], remembered_failures(agent, member)) for member in members}


def remembered_failures(agent, member):
    try:
        with agent.rpc() as connection:
            records = connection.call("why", {"Node": member})["Records"] or []
    except (OSError, RpcError):  # it has ended, or is of before that command
        return 0
    return sum(json.loads(record)["event"] == FAILED for record in records)


def besiege(cluster, setting, attack, seconds):
    """Runs one attack; returns its Row. The agents must be running."""
    how = ATTACKS[attack]
    victim = cluster.agents[names(setting)[0]]
    readable = Sealing(setting.key)  # the meter belongs to the cluster: it has the key
    field = Field(cluster, victim, readable if setting.attacker_key else Sealing())
    members = list(cluster.agents)
    before = {name: failures_in(agent, members) for name, agent in cluster.agents.items()}
    row = Row(attack=attack, setting=setting.name, seconds=seconds)
    used = cpu_seconds(victim.pid)
    try:
        with PingMeter(victim, cluster.subnet.host(), readable) as meter:
            how["run"](field, seconds)
        row.worst_ping = meter.longest
    finally:
        field.close()
    if victim.running:
        row.cpu = cpu_seconds(victim.pid) - used
        row.rss_kib = peak_kib(victim.pid)
    row.right_at_ours, row.right_after = time_until_right(cluster, setting, how)
    row.ended = tuple(name for name, agent in cluster.agents.items() if not agent.running)
    count_failures(row, cluster, before)
    return row


def count_failures(row, cluster, before):
    """A member that itself ended is not healthy; its end is reported in `ended`."""
    for name, known in before.items():
        agent = cluster.agents[name]
        after = failures_in(agent, known)
        failures = sum(after[member] - known[member] for member in known if member not in row.ended)
        row.false_failures += failures
        if agent.kind == "rollcall":
            row.failures_at_ours += failures


def time_until_right(cluster, setting, how):
    """Seconds from now, for rollcall agents and for all; None: not within OBSERVED."""
    begin = time.monotonic()
    members = names(setting)
    if how.get("newcomer"):
        seed = cluster.agents[members[0]]
        extra = ("-log-format=json",) if setting.kinds[0] == "rollcall" else ()
        cluster.start(setting.kinds[0], "newcomer", join=[seed], profile="lan", extra=extra)
        members = [*members, "newcomer"]
    changed = None
    if how.get("tags"):
        changed = {"role": "changed"}
        with cluster.agents[members[0]].rpc() as connection:
            connection.tags(put=changed)
    at_ours = None
    while (passed := time.monotonic() - begin) < OBSERVED * PATIENCE:
        wrong = [agent for agent in cluster.agents.values() if not is_right(cluster, agent, members, changed)]
        if at_ours is None and all(agent.kind != "rollcall" for agent in wrong):
            at_ours = passed
        if not wrong:
            return at_ours, passed
        time.sleep(0.1)
    return at_ours, None


def is_right(cluster, agent, members, changed):
    """Every true member is alive in this view, at its address, with its tags; invented ones do not matter."""
    try:
        view = agent.members()
    except (OSError, AssertionError):
        return False
    if not all(cluster.is_shown(view, name) for name in members):
        return False
    return changed is None or view[members[0]].tags == changed
