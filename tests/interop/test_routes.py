# SPDX-License-Identifier: Apache-2.0
"""A dead member is detected whatever the own system says to our sends (rules P3, P4): no route, no address
of its family, the own interface down. No evidence is not "alive".

Each story runs once; ROLLCALL_INTEROP_ROUTES_TIMES repeats it.
"""

import json
import os
import subprocess
import time

import pytest

from harness import own_network
from harness.agents import Options, clean_environment, program, start_agent
from harness.loopback import has_ipv6, join_endpoint
from harness.waiting import PATIENCE, wait_until

TIMES = int(os.environ.get("ROLLCALL_INTEROP_ROUTES_TIMES", "1"))
HOSTS = ["198.18.0.1", "198.18.0.2", "198.18.0.3"]
# The probe of every member once, a suspicion that no other confirms, and a busy machine.
DETECTED_WITHIN = 60

pytestmark = [pytest.mark.rollcall,
              pytest.mark.skipif(own_network.why_not() is not None, reason=str(own_network.why_not()))]


class Place:
    """Agents in a network of their own."""

    def __init__(self, directory, **options):
        self.network = own_network.OwnNetwork(**options)
        self.agents = {}
        self._directory = directory

    def start(self, host, within=()):
        name = f"n{len(self.agents) + 1}"
        seeds = [agent.address for agent in self.agents.values()][:1]
        options = Options("rollcall", name, host, None, None, seeds, "local", within=within)
        agent = start_agent(options, self._directory / f"{name}.log")
        self.agents[name] = agent
        return agent

    def wait_alive(self, viewers=None):
        names = set(self.agents)
        for agent in viewers or self.agents.values():
            wait_until(lambda a=agent: a.statuses() == dict.fromkeys(names, "alive"), 30,
                       f"{agent.name} sees all alive", saw=lambda a=agent: str(a.statuses()))

    def close(self):
        for agent in self.agents.values():
            agent.close()
        self.network.close()


@pytest.fixture
def place(tmp_path):
    made = []

    def make(**options):
        made.append(Place(tmp_path, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def wait_failed(viewers, name):
    begun = time.monotonic()
    for agent in viewers:
        wait_until(lambda a=agent: a.statuses()[name] == "failed", DETECTED_WITHIN,
                   f"{agent.name} declares {name} failed", saw=lambda a=agent: str(a.statuses()))
    return time.monotonic() - begun


def asked(agent, *words, within=()):
    answer = subprocess.run([*within, program("rollcall"), *words, "-rpc-addr=" + join_endpoint(*agent.rpc_endpoint)],
                            env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            timeout=30 * PATIENCE, check=False)
    assert answer.returncode == 0, answer
    return json.loads(answer.stdout)


def accusations(agents, name):
    return [line for agent in agents for line in agent.output.lines() if f"suspecting {name}: " in line]


@pytest.mark.parametrize("again", range(TIMES))
@pytest.mark.parametrize("kind", ["gone", "unreachable", "prohibit", "blackhole", "throw"])
def test_a_dead_member_whose_route_has_gone_is_declared_failed(place, figure, kind, again):
    here = place(addresses=HOSTS)
    for host in HOSTS:
        here.start(host)
    here.wait_alive()
    # The route first: a ping sent between the two would only say that no ack came.
    here.network.remove(HOSTS[2])
    if kind != "gone":
        here.network.route(kind, HOSTS[2])
    here.agents["n3"].kill()
    others = [here.agents["n1"], here.agents["n2"]]
    took = wait_failed(others, "n3")
    figure(f"route {kind} {again}: failed in {took:.1f} s")
    assert any("no route to it: " in line for line in accusations(others, "n3")), accusations(others, "n3")
    assert all(agent.statuses()[name] == "alive" for agent in others for name in ("n1", "n2"))


@pytest.mark.parametrize("again", range(TIMES))
@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
@pytest.mark.parametrize("killed", ["n1", "n2"])
def test_a_dead_member_of_the_other_address_family_is_declared_failed(place, figure, killed, again):
    here = place()
    here.start("127.0.0.1")
    here.start("::1")
    here.wait_alive()
    here.agents[killed].kill()
    other = here.agents["n2" if killed == "n1" else "n1"]
    took = wait_failed([other], killed)
    figure(f"other family, {killed} {again}: failed in {took:.1f} s")
    if killed == "n2":
        assert any("Address family not supported" in line for line in accusations([other], killed))


@pytest.mark.parametrize("again", range(TIMES))
def test_an_agent_whose_interface_is_down_warns_and_comes_back(place, figure, again):
    here = place(addresses=HOSTS[1:2], island=True)
    first = here.start(here.network.near)
    islander = here.start(here.network.far, within=here.network.within)
    wait_until(lambda: first.statuses().get("n2") == "alive", 30, "n1 sees n2 alive")
    within = here.network.within

    def info():
        return asked(islander, "info", "--format=json", within=within)["rollcall"]["sends_failing"]

    def status_of(name):
        members = asked(islander, "members", "--format=json", within=within)["members"]
        return {member["name"]: member["status"] for member in members}.get(name)

    wait_until(lambda: status_of("n1") == "alive", 30, "n2 sees n1 alive")
    assert info() == "no"
    here.network.set_link("down")
    begun = time.monotonic()
    islander.output.wait_for(lambda lines: any("nothing can be sent from here" in line for line in lines),
                             20, "a warning that nothing can be sent")
    assert "Network is unreachable" in info(), info()
    wait_until(lambda: status_of("n1") == "failed", DETECTED_WITHIN, "n2 declares n1 failed")
    wait_failed([first], "n2")
    down = time.monotonic() - begun
    assert sum("nothing can be sent from here" in line for line in islander.output.lines()) <= 1 + down / 60

    here.network.set_link("up")
    begun = time.monotonic()
    wait_until(lambda: first.statuses().get("n2") == "alive", 90, "n1 sees n2 alive again")
    wait_until(lambda: status_of("n1") == "alive", 90, "n2 sees n1 alive again")
    wait_until(lambda: info() == "no", 30, "info says that sends work again")
    assert any("sending works again" in line for line in islander.output.lines())
    figure(f"interface down {again}: failed in {down:.1f} s, alive again in {time.monotonic() - begun:.1f} s")
