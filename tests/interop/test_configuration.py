# SPDX-License-Identifier: Apache-2.0
"""The real program and its configuration: `agent --check`, and SIGHUP to one that runs."""

import json
import signal
import subprocess

import pytest

from harness.agents import ROOT, clean_environment, program


def rollcall(*arguments, **environment):
    return subprocess.run([program("rollcall"), *arguments], capture_output=True, text=True, timeout=30,
                          env=clean_environment() | environment, check=False)


def test_check_shows_every_source_and_hides_secrets(tmp_path):
    file = tmp_path / "agent.json"
    file.write_text('// an agent\n{"node_name": "n1",\n "encrypt_key": "AAECAwQFBgcICQoLDA0ODw=="}\n')
    done = rollcall("agent", "--check", "--format", "json", "--config-file", str(file), "--label", "blue",
                    ROLLCALL_PROFILE="wan")
    assert done.returncode == 0, done.stderr
    settings = json.loads(done.stdout)["settings"]
    assert settings["node_name"] == {"value": "n1", "from": f"{file}:2: node_name"}
    assert settings["profile"] == {"value": "wan", "from": "$ROLLCALL_PROFILE"}
    assert settings["label"] == {"value": "blue", "from": "--label"}
    assert "AAEC" not in done.stdout


def test_check_names_file_line_and_key(tmp_path):
    file = tmp_path / "agent.json"
    file.write_text('{\n  "node_nmae": "n1"\n}\n')
    done = rollcall("agent", "--check", "--config-dir", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == f"{file}:2: node_nmae: no setting has this name; did you mean 'node_name'?\n"
    assert rollcall("agent", "--check", "--no-such-flag").returncode == 2


BAD = sorted((ROOT / "tests" / "agent" / "config" / "bad").glob("*.json"))


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_check_refuses_each_bad_example_in_the_words_of_its_first_line(file):
    expected = file.read_text().splitlines()[0].removeprefix("// ")
    expected = expected.replace("FILE", str(file), 1) if "FILE" in expected else f"{file}:{expected}"
    done = rollcall("agent", "--check", "--config-file", str(file))
    assert done.returncode == 1 and done.stdout == ""
    if expected.endswith("..."):
        assert done.stderr.startswith(expected.removesuffix("..."))
    else:
        assert done.stderr == expected + "\n"


def told(process, text):
    """Reads the log until a line has the text."""
    for line in process.stderr:
        if text in line:
            return line
    raise AssertionError(f"the agent ended without saying: {text}")


def test_sighup_takes_new_settings_and_refuses_bad_ones(tmp_path):
    file = tmp_path / "agent.json"
    file.write_text('{"tags": {"role": "web"}}')
    process = subprocess.Popen(
        [program("rollcall"), "agent", "--node", "n1", "--bind", "127.0.0.1:0", "--rpc-addr", "127.0.0.1:0",
         "--config-file", str(file)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())
    try:
        address = next(line for line in process.stdout if "RPC addr" in line).split("'")[1]
        file.write_text('{"tags": {"role": "db"}, "probe_interval": "2s", "label": "blue"}')
        process.send_signal(signal.SIGHUP)
        assert "label" in told(process, "takes effect after a restart")
        assert "changed: tags, probe_interval" in told(process, "configuration reloaded")
        members = rollcall("members", "--rpc-addr", address).stdout
        assert "role=db" in members

        file.write_text('{"tags": {"role": "other"}, "probe_interval": "1ms"}')
        process.send_signal(signal.SIGHUP)
        assert f"{file}:1: probe_interval" in told(process, "configuration unchanged")
        assert "role=db" in rollcall("members", "--rpc-addr", address).stdout

        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
