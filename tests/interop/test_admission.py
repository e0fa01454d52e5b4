# SPDX-License-Identifier: Apache-2.0
"""Who is kept out: wrong keys, no keys, other labels. A refusal says why, and changes nothing.

Every pair is tried in both directions, since the two ends of a join fail at different places.
"""

import base64

import pytest

from harness.cluster import effective_kind
from harness.rpc import RpcError

KEY_A = base64.b64encode(bytes(range(32))).decode()
KEY_B = base64.b64encode(bytes(range(32, 64))).decode()
AES_128 = base64.b64encode(bytes(16)).decode()

MISMATCHES = {"other key": (KEY_A, KEY_B), "plain into encrypted": (None, KEY_A),
              "encrypted into plain": (KEY_A, None)}
PAIRS = [
    pytest.param("rollcall", "serf", marks=pytest.mark.serf),
    pytest.param("serf", "rollcall", marks=pytest.mark.serf),
    pytest.param("rollcall", "rollcall", marks=pytest.mark.rollcall),
]


def assert_strangers(cluster, seconds=1.5):
    """Each sees itself alone, and goes on doing so."""
    for agent in cluster.agents.values():
        cluster.hold_statuses(seconds, at=[agent], **{
            name: "alive" for name in cluster.agents if name == agent.name})
        assert set(agent.members()) == {agent.name}, cluster.views()


@pytest.mark.parametrize("joiner,host", PAIRS)
@pytest.mark.parametrize("mismatch", MISMATCHES)
def test_a_join_across_a_key_mismatch_fails_and_changes_nothing(cluster, mismatch, joiner, host):
    joiner_key, host_key = MISMATCHES[mismatch]
    inside = cluster.start(host, "inside", key=host_key)
    outside = cluster.start(joiner, "outside", key=joiner_key)
    with outside.rpc() as rpc, pytest.raises(RpcError) as refused:
        rpc.join(inside.address)
    text = str(refused.value)
    assert inside.bind[0] in text, f"the text names the peer: {text}"
    if outside.kind == "rollcall":
        assert any(word in text.lower() for word in ("encrypt", "decrypt", "key")), text
    assert_strangers(cluster)


@pytest.mark.parametrize("joiner,host", PAIRS)
def test_a_start_join_across_a_key_mismatch_ends_the_agent_with_a_reason(cluster, joiner, host):
    inside = cluster.start(host, "inside", key=KEY_A)
    kind = effective_kind(joiner)
    port = [f"-bind={cluster.subnet.host()}:0", f"-rpc-addr={cluster.subnet.host()}:0"]
    if kind == "serf":  # it takes no port 0, but an address of its own has the default one free
        port = [f"-bind={cluster.subnet.host()}", f"-rpc-addr={cluster.subnet.host()}:7373"]
    outside = cluster.run(kind, "agent", "-node=outside", *port, "-profile=local", f"-encrypt={KEY_B}",
                          f"-join={inside.address}", log="outside")
    assert outside.wait_exit(30) == 1
    text = outside.output.text()
    assert inside.bind[0] in text and "join" in text.lower(), text
    assert set(inside.members()) == {"inside"}


@pytest.mark.parametrize("key", [AES_128, base64.b64encode(bytes(24)).decode(), KEY_A],
                         ids=["AES-128", "AES-192", "AES-256"])
@pytest.mark.rollcall
def test_each_key_size_works_between_rollcall_agents(cluster, key):
    cluster.key = key
    one = cluster.start("rollcall", "one")
    cluster.start("rollcall", "two", join=[one])
    cluster.wait_all_alive()
    assert any("Encrypted: true" in line for line in one.output.lines("out"))


@pytest.mark.serf
@pytest.mark.parametrize("key", [AES_128, KEY_A], ids=["AES-128", "AES-256"])
def test_either_kind_reads_the_others_encrypted_packets(cluster, key):
    """Pings and gossip, not the join's stream alone: tags travel by datagram."""
    cluster.key = key
    one = cluster.start("serf", "one")
    two = cluster.start("rollcall", "two", join=[one])
    cluster.wait_all_alive()
    for agent, other in ((one, two), (two, one)):
        with agent.rpc() as rpc:
            rpc.tags({"said-by": agent.name})
        cluster.wait_all(lambda view, _, name=agent.name: view[name].tags == {"said-by": name}, 45,
                         f"{agent.name}'s tag is known", at=[other])


@pytest.mark.rollcall
def test_a_keyring_file_opens_the_cluster_of_any_of_its_keys(cluster, tmp_path):
    """The primary is spoken; every key is understood."""
    ring = tmp_path / "keyring.json"
    ring.write_text(f'["{KEY_A}", "{KEY_B}"]')
    both = cluster.start("rollcall", "both", extra=[f"-keyring-file={ring}"])
    cluster.start("rollcall", "same", key=KEY_A, join=[both])
    cluster.wait_all_alive()
    # One that knows KEY_B alone is understood, but cannot read the answer in KEY_A.
    other = cluster.start("rollcall", "other", key=KEY_B)
    with other.rpc() as rpc, pytest.raises(RpcError):
        rpc.join(both.address)
    assert set(other.members()) == {"other"}


@pytest.mark.rollcall
@pytest.mark.parametrize("labels", [("blue", "green"), ("blue", None), (None, "green")],
                         ids=["other", "into none", "none into one"])
@pytest.mark.parametrize("key", [None, KEY_A], ids=["plain", "aes"])
def test_labels_keep_clusters_apart(cluster, labels, key):
    cluster.key = key
    outside, inside = (cluster.start("rollcall", name, extra=[f"-label={label}"] if label else ())
                       for name, label in zip(("outside", "inside"), labels))
    with outside.rpc() as rpc, pytest.raises(RpcError) as refused:
        rpc.join(inside.address)
    assert inside.bind[0] in str(refused.value)
    assert_strangers(cluster)


@pytest.mark.rollcall
@pytest.mark.parametrize("key", [None, KEY_A], ids=["plain", "aes"])
def test_agents_of_one_label_are_one_cluster(cluster, key):
    cluster.key = key
    one = cluster.start("rollcall", "one", extra=["-label=blue"])
    cluster.start("rollcall", "two", extra=["-label=blue"], join=[one])
    cluster.start("rollcall", "three", extra=["-label=blue"], join=[one])
    cluster.wait_all_alive()
    cluster.kill("three")
    cluster.wait_statuses(45, three="failed", one="alive", two="alive")


@pytest.mark.rollcall
@pytest.mark.serf
def test_a_label_keeps_serf_out(cluster):
    """Serf knows no labels: it must be refused, not half understood."""
    labelled = cluster.start("rollcall", "labelled", extra=["-label=blue"])
    serf = cluster.start("serf", "bare")
    for joiner, host in ((serf, labelled), (labelled, serf)):
        with joiner.rpc() as rpc, pytest.raises(RpcError):
            rpc.join(host.address)
    assert_strangers(cluster)


@pytest.mark.serf
@pytest.mark.parametrize("kinds", [("rollcall", "serf"), ("serf", "rollcall")], ids="-".join)
def test_a_second_owner_of_a_name_takes_nothing_over(cluster, kinds):
    """The first at an address keeps the name (rule S2); everybody keeps the mapping they had."""
    first = cluster.start(kinds[0], "twin")
    witness = cluster.start(kinds[1], "witness", join=[first])
    cluster.start(kinds[1], "bystander", join=[first])
    cluster.wait_all_alive()
    cluster.agents.pop("twin")
    second = cluster.start(kinds[1], "twin")
    with second.rpc() as rpc:
        rpc.join(witness.address)
    for name in ("witness", "bystander"):
        cluster.hold_statuses(2, at=[cluster.agents[name]], twin="alive")
        member = cluster.agents[name].members()["twin"]
        assert (member.host, member.port) == first.bind, cluster.views()
