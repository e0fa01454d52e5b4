# SPDX-License-Identifier: Apache-2.0
"""Keys and tokens: not in the environment of scripts, not in the list of processes, and a warning about files
that others can read.
"""

import base64
import json
import pathlib
import signal
import subprocess

import pytest

from harness.agents import clean_environment, program
from harness.waiting import wait_until

pytestmark = pytest.mark.rollcall

KEY = base64.b64encode(bytes(range(16))).decode()
SECRETS = {"ROLLCALL_RPC_AUTH": "token-of-rpc", "ROLLCALL_HTTP_TOKEN": "token-of-http", "ROLLCALL_ENCRYPT": KEY,
           "SERF_RPC_AUTH": "token-of-serf"}


def ask(agent, *arguments, **variables):
    address = "%s:%d" % agent.rpc_endpoint
    return subprocess.run([program("rollcall"), *arguments, f"--rpc-addr={address}"], check=False, timeout=30,
                          capture_output=True, text=True, env=clean_environment() | variables)


def test_scripts_do_not_inherit_secrets(cluster, tmp_path):
    seen = tmp_path / "environment"
    agent = cluster.start("rollcall", "n1", environment={**SECRETS, "HARMLESS": "1"},
                          extra=[f"-event-handler=user:look=cat /proc/self/environ >{seen}.new && mv {seen}.new {seen}"])
    assert ask(agent, "event", "look", ROLLCALL_RPC_AUTH="token-of-rpc").returncode == 0
    wait_until(seen.exists, 10, "the script ran")
    variables = seen.read_bytes().split(b"\0")
    assert b"HARMLESS=1" in variables
    for name, secret in SECRETS.items():
        assert not any(secret.encode() in variable for variable in variables), name


def test_secrets_in_files_are_not_in_the_list_of_processes(cluster, tmp_path):
    token, key = tmp_path / "token", tmp_path / "key"
    for file, secret in ((token, "token-of-rpc"), (key, KEY)):
        file.write_text(secret + "\n")
        file.chmod(0o600)
    agent = cluster.start("rollcall", "n1", extra=[f"-rpc-auth-file={token}", f"-encrypt-file={key}"])
    listed = pathlib.Path(f"/proc/{agent.pid}/cmdline").read_bytes()
    assert b"token-of-rpc" not in listed and KEY.encode() not in listed
    assert "setting" not in agent.output.text("err"), "and no warning"
    assert "Authentication required" in ask(agent, "info").stderr
    assert "encrypted = true" in ask(agent, "info", f"--rpc-auth-file={token}").stdout
    assert "encrypted = true" in ask(agent, "info", ROLLCALL_RPC_AUTH_FILE=str(token)).stdout
    refused = ask(agent, "info", f"--rpc-auth-file={token}", "--rpc-auth=token-of-rpc")
    assert refused.returncode != 0 and "give one of" in refused.stderr


def test_a_secret_that_others_can_read_is_named_with_its_remedy(cluster, tmp_path):
    config = tmp_path / "agent.json"
    config.write_text(json.dumps({"rpc_auth": "token-of-rpc"}))
    config.chmod(0o640)
    warning = f"its mode 0640 lets its group read it; 'chmod go= {config}' ends that"
    checked = subprocess.run([program("rollcall"), "agent", "--check", f"--config-file={config}"], check=False,
                             timeout=30, capture_output=True, text=True, env=clean_environment())
    assert warning in checked.stdout + checked.stderr
    agent = cluster.start("rollcall", "n1", extra=[f"-config-file={config}"])
    assert warning in agent.output.text("err")
    agent.signal(signal.SIGHUP)
    agent.output.wait_for(lambda lines: sum(warning in line for line in lines) == 2, 10, "it is said at a reload")
    assert "token-of-rpc" not in agent.output.text() + checked.stdout + checked.stderr

    flag = cluster.start("rollcall", "n2", extra=["-rpc-auth=token-of-rpc"])
    assert "--rpc-auth: other users of this host see it in the list of processes" in flag.output.text("err")
