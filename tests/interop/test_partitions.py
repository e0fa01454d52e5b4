# SPDX-License-Identifier: Apache-2.0
"""`rollcall partitions` on a cut cluster, on one that is whole, and beside Serf agents."""

import json

import pytest

from harness import examining, own_network
from harness.agents import SERF, Options, start_agent
from harness.examining import run
from harness.loopback import join_endpoint
from harness.waiting import wait_until

pytestmark = examining.MARKS


def partitions(*agents):
    answer = run("partitions", "--format=json", *[f"--rpc-addr={join_endpoint(*a.rpc_endpoint)}" for a in agents])
    assert answer.stdout.startswith("{"), answer
    return answer.returncode, json.loads(answer.stdout)


def test_one_view(place):
    for _ in range(3):
        agent = place.start()
    place.wait_alive()
    code, result = partitions(agent)
    assert code == 0 and len(result["views"]) == 1, result
    assert result["views"][0]["agents"] == ["n1", "n2", "n3"] and result["views"][0]["up"] == 3
    assert result["failed"] == result["silent"] == result["no_answers"] == []


def test_a_cut_cluster_has_two_views(tmp_path):
    """Two agents on one side of a link, three on the other, each with a control socket that no cut concerns."""
    network = own_network.OwnNetwork(island=True)
    agents = {}
    try:
        for number in range(1, 6):
            far = number > 2
            control = f"--rpc-addr=unix:{tmp_path}/n{number}"
            options = Options("rollcall", f"n{number}", network.far if far else network.near, None, None,
                              [agent.address for agent in agents.values()][:1], "fast", extra=(control,),
                              within=network.within if far else ())
            agents[f"n{number}"] = start_agent(options, tmp_path / f"n{number}.log")

        def statuses(number):
            answer = run("members", "--format=json", f"--rpc-addr=unix:{tmp_path}/n{number}")
            return [member["status"] for member in json.loads(answer.stdout)["members"] or []]

        def partitions_from(*numbers, form="json"):
            return run("partitions", f"--format={form}", *[f"--rpc-addr=unix:{tmp_path}/n{n}" for n in numbers])

        for number in range(1, 6):
            wait_until(lambda n=number: statuses(n) == ["alive"] * 5, 60, f"n{number} sees all alive")
        network.set_link("down")
        for number in range(1, 6):
            failed = 2 if number > 2 else 3
            wait_until(lambda n=number, f=failed: statuses(n).count("failed") == f, 90, f"n{number} sees the cut",
                       saw=lambda n=number: str(statuses(n)))
        answer = partitions_from(1)
        result = json.loads(answer.stdout)
        assert answer.returncode == 0 and [view["agents"] for view in result["views"]] == [["n1", "n2"]], result
        assert result["failed"] == ["n3", "n4", "n5"], result
        answer = partitions_from(1, 3)
        result = json.loads(answer.stdout)
        assert answer.returncode == 1, result
        assert [view["agents"] for view in result["views"]] == [["n1", "n2"], ["n3", "n4", "n5"]], result
        assert result["failed"] == [], "both sides were asked"
        assert result["views"][1]["missing"] == ["n1", "n2"], result
        assert result["views"][1]["extra"] == ["n3", "n4", "n5"] and result["views"][1]["complete"], result
        answer = partitions_from(1, 3, form="text")
        assert answer.returncode == 1 and "2 views of the cluster, 5 agents answered" in answer.stdout, answer
    finally:
        for agent in agents.values():
            agent.close()
        network.close()


def test_an_agent_answers_the_questions_of_the_search(place):
    first = place.start()
    place.start()
    place.wait_alive()

    def asked(question):
        answer = run("query", "--format=json", "--node=n2", "_serf_rollcall_view", question,
                     "--rpc-addr=" + join_endpoint(*first.rpc_endpoint))
        assert answer.returncode == 0, answer
        return json.loads(json.loads(answer.stdout)["Responses"]["n2"])

    names = asked("names 0 0")
    assert (sorted(names["names"]), names["more"]) == (["n1", "n2"], 0), names
    parts = asked("parts 0 0")["parts"]
    assert len(parts) == 16 and sum(number for _, number in parts) == 2, parts
    total = sum(int(checksum, 16) for checksum, _ in parts) % 2**64
    assert f"{total:016x}" == names["view"] == asked("timings")["view"]


def test_a_failure_ends_in_one_view(place):
    first = place.start()
    place.start()
    gone = place.start()
    place.wait_alive()
    gone.kill()
    wait_until(lambda: first.statuses()["n3"] == "failed", 60, "n1 sees n3 failed")
    wait_until(lambda: partitions(first)[0] == 0, 60, "one view in the end")
    _, result = partitions(first)
    assert result["views"][0]["up"] == 2 and result["failed"] == ["n3"], result


@pytest.mark.skipif(SERF is None, reason="serf is not installed")
def test_serf_peers_ack_and_have_no_answer(place):
    first = place.start()
    serf = place.start(kind="serf")
    place.start()
    place.wait_alive()
    code, result = partitions(first)
    assert code == 0 and result["views"][0]["agents"] == ["n1", "n3"] and result["no_answers"] == ["n2"], result
    assert not any("panic" in line for line in serf.output.lines())


def test_partitions_without_an_agent():
    answer = run("partitions", "--rpc-addr=127.0.0.1:1")
    assert answer.returncode == 2 and "refused" in answer.stderr, answer
    assert run("partitions", "--nonsense").returncode == 2
