# SPDX-License-Identifier: Apache-2.0
"""The agents of one test or module, and sentences about what all of them believe."""

import os

from .agents import Agent, Options, Process, program, start_agent, SERF
from .waiting import hold_for, wait_until

# "serf" or "rollcall" turns every agent into that kind: a Serf-only run tells whether a test asks of
# rollcall what Serf itself does not do. The default keeps what each test says.
KINDS = os.environ.get("ROLLCALL_INTEROP_KINDS", "serf,rollcall").split(",")


def effective_kind(kind):
    return kind if kind in KINDS else KINDS[0]


def need(kind):
    """The reason why agents of this kind cannot run here, or None."""
    if effective_kind(kind) == "serf" and SERF is None:
        return "serf is not installed: the interop tests need it (Debian: apt install serf)"
    return None


class Cluster:
    """A set of agents by name. close() ends every process that was started through it."""

    def __init__(self, subnet, directory, profile="local", key=None):
        self.subnet, self.directory = subnet, directory
        self.profile, self.key = profile, key
        self.agents = {}   # the ones that are meant to be up
        self._started = []  # all, also those replaced by a restart

    # --- processes ------------------------------------------------------------------------------

    def start(self, kind, name, host=None, **options):
        """An agent on an address of its own; `join` takes agents or texts."""
        kind = effective_kind(kind)
        options.setdefault("profile", self.profile)
        options.setdefault("key", self.key)
        options["join"] = [seed.address if isinstance(seed, Agent) else seed
                           for seed in options.get("join", ())]
        environment = options.pop("environment", None)
        wanted = Options(kind=kind, name=name, host=host or self.subnet.host(),
                         port=options.pop("port", None), rpc_port=options.pop("rpc_port", None),
                         **options)
        agent = start_agent(wanted, self.log(name), environment)
        self._started.append(agent)
        self.agents[name] = agent
        return agent

    def restart(self, name, join=None, host=None, kind=None):
        """The same name again; on its old address and of its old kind unless others are given."""
        old = self.agents.pop(name, None) or next(a for a in reversed(self._started) if a.name == name)
        assert not old.running, f"{name} still runs"
        options = old.options._replace(
            host=host or old.options.host, port=None if host else old.bind[1],
            rpc_port=None, join=[join.address] if join else [],
            kind=effective_kind(kind) if kind else old.options.kind)
        agent = start_agent(options, self.log(name))
        self._started.append(agent)
        self.agents[name] = agent
        return agent

    def start_failing(self, kind, name, **options):
        """An agent that is not expected to come up: its Process, without waiting for anything."""
        return self.run(effective_kind(kind), "agent", f"-node={name}",
                        f"-bind={self.subnet.host()}:{options.pop('port', 0)}",
                        *options.pop("arguments"), log=name)

    def run(self, kind, *arguments, log=None, environment=None):
        """Any invocation of either program, as a process that is followed and ended."""
        process = Process([program(kind), *arguments], self.log(log or f"run-{len(self._started)}"),
                          environment)
        self._started.append(process)
        return process

    def run_within(self, words, *arguments, log):
        """The same, with words before the program's."""
        process = Process([*words, program("rollcall"), *arguments], self.log(log))
        self._started.append(process)
        return process

    def keep(self, process):
        """A process that was started elsewhere ends with this cluster."""
        self._started.append(process)

    def log(self, name):
        return self.directory / f"{name}.log"

    def kill(self, *names):
        for name in names:
            self.agents.pop(name).kill()

    def close(self):
        for process in self._started:
            process.close()

    # --- beliefs --------------------------------------------------------------------------------

    def seen_by(self, *names):
        return [self.agents[name] for name in names] if names else list(self.agents.values())

    def views(self):
        """A table for failure texts: a line per observer."""
        lines = []
        for agent in self.agents.values():
            try:
                view = "  ".join(f"{m.name}={m.status}@{m.host}:{m.port}"
                                 for m in sorted(agent.members().values(), key=lambda m: m.name))
            except Exception as error:  # a dead observer is part of the picture
                view = f"{type(error).__name__}: {error}"
            lines.append(f"  {agent.kind} {agent.name} sees  {view}")
        return "\n".join(lines)

    def wait_all(self, condition, limit, what, at=None):
        """condition(view, observer) must become true at every agent (or those in `at`)."""
        observers = list(at if at is not None else self.agents.values())
        wait_until(lambda: all(condition(agent.members(), agent) for agent in observers),
                   limit, what, self.views)

    def wait_statuses(self, limit, at=None, **expected):
        """Every agent shows each named member in the given status; gone=... is written None."""
        def matches(view, _):
            return all((view[name].status if name in view else None) == status
                       for name, status in expected.items())
        told = ", ".join(f"{name} {status or 'gone'}" for name, status in expected.items())
        self.wait_all(matches, limit, f"everybody sees {told}", at)

    def wait_all_alive(self, limit=75):
        """Each agent sees the running ones alive, at their real addresses.

        News that gossip lost (the local profile sends each rumour only twice) comes with a push/pull,
        every 15 or 30 s: hence the long limit.
        """
        def complete(view, _):
            return all(self.is_shown(view, name) for name in self.agents)
        self.wait_all(complete, limit, f"all of {sorted(self.agents)} are alive everywhere")

    def is_shown(self, view, name, status="alive"):
        """Whether a view has a running agent so, at its real address."""
        shown = view.get(name)
        if shown is None or shown.status != status:
            return False
        return (shown.host, shown.port) == self.agents[name].bind

    def hold_statuses(self, seconds, at=None, **expected):
        observers = list(at if at is not None else self.agents.values())
        def still():
            return all({n: s for n, s in agent.statuses().items() if n in expected} == expected
                       for agent in observers)
        hold_for(still, seconds, f"{expected}", self.views)
