# SPDX-License-Identifier: Apache-2.0
"""An agent whose disk hangs: it stays a member and serves its clients. What waits for the disk is bounded, and all of it
is there once the disk answers again.
"""

import contextlib
import json
import re
import threading
import time

import pytest

from harness import attacks
from harness.http import get, http_of, with_http
from harness.misfortunes import Disk, why_no_hanging_disk
from harness.rpc import RpcError
from harness.sealing import Sealing
from harness.waiting import wait_until

pytestmark = [pytest.mark.rollcall,
              pytest.mark.skipif(why_no_hanging_disk() is not None, reason=str(why_no_hanging_disk()))]

WATCHED_SECONDS = 5  # the local profile declares a silent member failed after two


@pytest.fixture
def disk(cluster, tmp_path):
    disk = Disk(tmp_path)
    cluster.keep(disk)
    return disk


def metric(agent, name):
    text = get(http_of(agent), "/metrics").body
    return float(re.search(rf"^{name} (\S+)$", text.decode() if isinstance(text, bytes) else text, re.MULTILINE)[1])


def change_tags(agent):
    # It may time out: the gossip about invented members has its turn, too.
    with contextlib.suppress(RpcError), agent.rpc() as connection:
        connection.tags(put={"role": "changed"})


def test_an_agent_whose_disk_hangs_stays_a_member_and_serves(cluster, disk, figure):
    watcher = cluster.start("rollcall", "watcher")
    files = {name: disk.folder / name for name in ("snapshot", "tags-file", "log-file")}
    host = cluster.subnet.host()
    victim = cluster.start("rollcall", "victim", host=host, join=[watcher], **with_http(
        host, *(f"-{setting}={file}" for setting, file in files.items())))
    cluster.wait_all_alive()
    field = attacks.Field(cluster, victim, Sealing())
    slowest = 0.0
    with disk.hanging():
        attacks.fill_snapshot(field)
        tags = threading.Thread(target=change_tags, args=(victim,))
        tags.start()
        deadline = time.monotonic() + WATCHED_SECONDS
        while time.monotonic() < deadline:
            began = time.monotonic()
            assert victim.statuses()["watcher"] == "alive"
            assert watcher.statuses()["victim"] == "alive"
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.1)
        given_up = metric(victim, "rollcall_snapshot_lines_given_up_total")
        assert metric(victim, "rollcall_file_write_seconds") > 0
        assert tags.is_alive(), "the change is not confirmed before it is stored"
    field.close()
    figure(f"disk hangs: slowest answer {slowest * 1000:.0f} ms, gave up {given_up:.0f} times what waited for it")
    assert given_up > 0
    wait_until(lambda: watcher.members()["victim"].tags.get("role") == "changed", 30, "the new tags arrived")
    tags.join(30)
    assert json.loads(files["tags-file"].read_text())["role"] == "changed"
    assert "member-failed: victim" not in watcher.output.text("err")
    wait_until(lambda: "alive: watcher " in files["snapshot"].read_text(), 15, "the snapshot is whole again")
