# SPDX-License-Identifier: Apache-2.0
"""The recipes of docs/recipes: each with its real servers, where they are; and what hostile members can do in them.

A recipe whose servers are missing is skipped: `./run recipes --install-only` installs them.
"""

import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys

import pytest

from harness.agents import ROLLCALL, ROOT, Process
from harness.waiting import wait_until

pytestmark = pytest.mark.rollcall

TOOL = ROOT / "tools" / "recipes"
FILES = ROOT / "deploy" / "recipes"
PAGES = ROOT / "docs" / "recipes"
SYSTEM = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def load(path, name):
    """A program of deploy/recipes as a module."""
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


contained = load(TOOL / "contained.py", "recipes_contained")
RECIPES = load(TOOL / "catalogue.py", "recipes_catalogue").RECIPES
generate = load(FILES / "rollcall-generate", "rollcall_generate")
to_journal = load(FILES / "journal" / "rollcall-to-journal", "rollcall_to_journal")


# --- the recipes themselves -----------------------------------------------------------------------------------------

def run_recipes(*words, limit=500):
    done = subprocess.run([sys.executable, TOOL, "--program", ROLLCALL, *words], capture_output=True, text=True,
                          timeout=limit, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_works_with_its_real_servers(name, figure):
    code, text = run_recipes("--format", "json", name)
    result = json.loads(text.splitlines()[-1])["recipes"][0]
    if result["outcome"] == "skipped":
        assert code == 0
        pytest.skip(f"{name}: {result['detail']}")
    assert code == 0 and result["outcome"] == "passed", text
    figure(f"recipe {name}: {result['seconds']} s{'; ' if result['detail'] else ''}{result['detail']}")


def test_a_recipe_whose_servers_are_missing_is_skipped_and_names_the_packages():
    code = ("import sys; sys.path.insert(0, sys.argv[1]); import servers; servers.PATH = '/nonexistent'; "
            "print(servers.remedy(servers.missing(['haproxy', 'dig'])))")
    done = subprocess.run([sys.executable, "-B", "-c", code, TOOL], capture_output=True, text=True, check=True)
    assert done.stdout == "install haproxy, bind9-dnsutils (./run recipes --install does)\n"


@pytest.mark.skipif(shutil.which("nginx", path=SYSTEM) is None, reason="needs nginx (Debian: nginx-light)")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_ends_its_servers_and_agents_and_removes_its_folder(number, tmp_path):
    process = Process([sys.executable, TOOL, "--program", ROLLCALL, "nginx"], tmp_path / "run.log",
                      {"TMPDIR": str(tmp_path)})
    try:
        process.output.wait_for(lambda lines: any("answered by all three" in line for line in lines), 60, "it is at work")
        started = [pid for pid, _ in contained.descendants(process.pid)]
        assert len(started) > 5
        process.signal(number)
        assert process.wait_exit(30) == 130
        wait_until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in started), 5, "all are gone")
        assert not list(tmp_path.glob("rollcall-recipe-*"))
    finally:
        process.close()


@pytest.mark.skipif(shutil.which("dnsmasq", path=SYSTEM) is None, reason="needs dnsmasq (Debian: dnsmasq-base)")
def test_two_runs_side_by_side_do_not_meet(tmp_path):
    runs = [Process([sys.executable, TOOL, "--program", ROLLCALL, "dns"], tmp_path / f"{i}.log") for i in range(2)]
    try:
        for each in runs:
            assert each.wait_exit(200) == 0, each.output.text()
    finally:
        for each in runs:
            each.close()


# --- the pages ------------------------------------------------------------------------------------------------------

def test_each_recipe_has_a_page_that_the_index_names():
    index = (PAGES / "README.md").read_text()
    for name in RECIPES:
        assert (PAGES / f"{name}.md").exists() and f"[{name}]({name}.md)" in index, name


@pytest.mark.parametrize("name", [name for name in RECIPES if (FILES / name).is_dir()])
def test_a_page_has_the_files_of_its_recipe_in_full(name):
    page = (PAGES / f"{name}.md").read_text()
    for path in sorted((FILES / name).iterdir()):
        assert path.read_text() in page, f"docs/recipes/{name}.md does not have {path.name} as it is"


# --- members that mean harm -----------------------------------------------------------------------------------------

HOSTILE = ["", " ", "a b", "a\n", "a\nserver x 1.2.3.4:1", "a;", "a}", "a{b", "#a", "a#b", "-a", "--reload", "a'b", 'a"b', "a$b",
           "$(id)", "`id`", "a\\b", "a,b", "a/b", "a=b", "a\tb", "a\x00b", "a\x1b[2J", "\u202ea", "é", "a" * 300, "*", "..", "\ud800"]
HOSTILE_PORTS = ["", "0", "00080", "65536", "-1", "+80", " 80", "80 ", "80\n", "80;", "80 backup", "8_0", "٨٠", "0x50", "1e3", "80.0",
                 "9" * 30]
HOSTILE_ADDRESSES = ["", "x:1", "1.2.3.4;:80", "[::1%eth0\n]:7946", "1.2.3:80", "[fe80::1%a b]:1", "1.2.3.4\n:80"]


def member(name="web1", address="10.0.0.1:7946", status="alive", **tags):
    return {"name": name, "addr": address, "status": status, "tags": {"role": "web", "port": "8080"} | tags}


def arguments(form, *words):
    options = {"haproxy": ["--port-tag", "port"], "nginx": ["--port-tag", "port"],
               "dnsmasq": ["--tag-key", "role", "--srv", "http=port"]}[form]
    return generate.read_arguments([form, "--output", "/nonexistent/file", *options, *words])


def made(form, members, *words):
    return generate.FORMATS[form](members, arguments(form, *words))


FORMS = ("haproxy", "nginx", "dnsmasq")
GRAMMAR = {
    "haproxy": r"# [^\n]*\nbackend rollcall\n    balance roundrobin\n(    server [A-Za-z0-9][\w.-]* [\d.]+:\d+ check\n)*",
    "nginx": r"# [^\n]*\nupstream rollcall \{\n(    server [\d.]+:\d+( down)?;\n)+\}\n",
    "dnsmasq": r"# [^\n]*\nlocal=/rollcall\.internal/\n((host-record=[a-z0-9.-]+,[\d.]+,5|"
               r"srv-host=_http\._tcp\.[a-z0-9.-]+,[a-z0-9.-]+,\d+)\n)*",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_good_member_is_in_the_file_and_others_are_not(form):
    text = made(form, [member(), member("gone", "10.0.0.2:7946", status="failed"), member("left", "10.0.0.3:1", "left")])
    assert "10.0.0.1" in text and "10.0.0.2" not in text and "10.0.0.3" not in text
    assert re.fullmatch(GRAMMAR[form], text, re.ASCII)


@pytest.mark.parametrize("form", FORMS)
def test_hostile_names_tags_and_addresses_never_change_the_form_of_a_file(form, capsys):
    hostile = ([member(name=text) for text in HOSTILE] + [member(role=text) for text in HOSTILE]
               + [member(port=text) for text in HOSTILE_PORTS + HOSTILE]
               + [member(address=text) for text in HOSTILE_ADDRESSES])
    for each in hostile:
        text = made(form, [each, member("good", "10.9.9.9:7946")])
        assert re.fullmatch(GRAMMAR[form], text, re.ASCII), (each, text)
        assert "10.9.9.9" in text, "a good member is not kept out by a hostile one"
    shown = capsys.readouterr().err
    assert "left out" in shown and "\x1b" not in shown and "\u202e" not in shown and "\x00" not in shown


@pytest.mark.parametrize("form", ("haproxy", "nginx"))
@pytest.mark.parametrize("port", HOSTILE_PORTS)
def test_a_tag_that_is_no_port_keeps_the_member_out(form, port):
    assert "10.0.0.1" not in made(form, [member(port=port)])


def test_two_members_cannot_have_one_name_in_dns():
    text = made("dnsmasq", [member("web1", "10.0.0.1:7946"), member("WEB1", "10.6.6.6:7946")])
    assert "10.0.0.1" in text and "10.6.6.6" not in text


@pytest.mark.parametrize("form", FORMS)
def test_only_members_with_exactly_the_tag_and_an_allowed_address_are_used(form):
    members = [member("a", "10.0.0.1:1"), member("b", "10.0.0.2:1", role="web2"), member("c", "192.0.2.1:1")]
    text = made(form, members, "--tag", "role=web", "--network", "10.0.0.0/8")
    assert "10.0.0.1" in text and "10.0.0.2" not in text and "192.0.2.1" not in text


@pytest.mark.parametrize("form", FORMS)
def test_ipv6_and_mapped_addresses(form):
    text = made(form, [member("a", "[2001:db8::1]:7946"), member("b", "[::ffff:10.0.0.2]:7946")])
    assert "2001:db8::1" in text and "10.0.0.2" in text and "ffff" not in text


@pytest.mark.parametrize("form,words", [
    ("haproxy", ["haproxy", "-c", "-q", "-f", FILES / "haproxy" / "haproxy.cfg", "-f"]), ("dnsmasq", ["dnsmasq", "--test", "-C"])])
def test_the_servers_accept_what_is_made_of_hostile_members(form, words, tmp_path):
    program = shutil.which(words[0], path=SYSTEM)
    if program is None:
        pytest.skip(f"needs {words[0]}")
    path = tmp_path / "made"
    path.write_text(made(form, [member(name=text) for text in HOSTILE] + [member()], "--name", "rollcall-web"))
    done = subprocess.run([program, *words[1:], path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("words", [["haproxy", "--name", "a b"], ["haproxy", "--name", "a\n"], ["nginx", "--port", "0"],
                                   ["dnsmasq", "--tag-key", "node"], ["dnsmasq", "--tag-key", "A"], ["dnsmasq", "--zone", "a..b"],
                                   ["haproxy"], ["haproxy", "--port", "1", "--port-tag", "x"]])
def test_an_operators_mistake_is_an_error(words, capsys):
    with pytest.raises(SystemExit) as stop:
        generate.read_arguments([words[0], "--output", "/nonexistent/file", *words[1:]])
    assert stop.value.code == 2 and "error" in capsys.readouterr().err


def generated(tmp_path, members, *words):
    """rollcall-generate as a program, with a stand-in for `rollcall members`."""
    fake = tmp_path / "members"
    fake.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps({'members': members})}\nEND\n" if members is not None
                    else "#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    return subprocess.run([FILES / "rollcall-generate", "haproxy", "--port-tag", "port", "--output", tmp_path / "out",
                           "--rollcall", fake, *words], capture_output=True, text=True, check=False)


def test_a_file_is_replaced_and_reloaded_only_when_it_changes(tmp_path):
    reload = ("--reload", f"echo x >>{tmp_path}/reloads")
    for members in ([member()], [member()], [member(), member("b", "10.0.0.2:1")], [member(), member("b", "10.0.0.2:1")]):
        assert generated(tmp_path, members, *reload).returncode == 0
    assert (tmp_path / "reloads").read_text() == "x\nx\n"


def test_a_file_stays_when_no_agent_answers_or_the_check_fails(tmp_path):
    assert generated(tmp_path, [member()]).returncode == 0
    before = (tmp_path / "out").read_text()
    assert generated(tmp_path, None).returncode == 1
    assert generated(tmp_path, [], "--check", "false", "--reload", f"touch {tmp_path}/reloaded").returncode == 1
    assert (tmp_path / "out").read_text() == before and not (tmp_path / "reloaded").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["members", "out"], "nothing temporary is left"


def test_a_reload_that_failed_is_tried_again(tmp_path):
    options = arguments("haproxy", "--output", str(tmp_path / "out"), "--reload", f"test -e {tmp_path}/works")
    assert not generate.apply([member()], options)
    assert not generate.apply([member()], options)
    (tmp_path / "works").touch()
    assert generate.apply([member()], options) and not options.reload_due


def fields_of(data):
    """The journal's own reading of an entry: name, length, value."""
    found = []
    while data:
        name, _, data = data.partition(b"\n")
        assert b"=" not in name, "a field without a length"
        (length,) = struct.unpack("<Q", data[:8])
        found.append((name.decode(), data[8:8 + length].decode()))
        assert data[8 + length:9 + length] == b"\n"
        data = data[9 + length:]
    return found


@pytest.mark.parametrize("text", [text for text in HOSTILE if text != "\ud800"] + ["x\nPRIORITY=0\n_UID=0"])
def test_a_value_in_the_journal_cannot_begin_another_field(text):
    fields = fields_of(to_journal.entry({"seq": 1, "level": "WARN", "event": "member-join", "message": text, "member": text,
                                         "bad key\n": "x", "PRIORITY=0\nX": "y"}))
    assert fields == [("MESSAGE", text or "member-join"), ("PRIORITY", "4"), ("SYSLOG_IDENTIFIER", "rollcall"),
                      ("ROLLCALL_SEQ", "1"), ("ROLLCALL_LEVEL", "WARN"), ("ROLLCALL_EVENT", "member-join"),
                      ("ROLLCALL_MEMBER", text)]


@pytest.mark.parametrize("key,value,expected", [
    ('"/rollcall/tune/w1/probe_interval"', '"500ms"', ["tune probe_interval=500ms", "tune --confirm"]),
    ('"/rollcall/tune/w1/probe_interval"', '"0.5s"', ["tune probe_interval=0.5s", "tune --confirm"]),
    ('"/rollcall/tune/w1/suspicion_mult"', '"6"', ["tune suspicion_mult=6", "tune --confirm"]),
    ('"/rollcall/tune/w1/probe_interval"', '"-1s"', []),
    ('"/rollcall/tune/w1/probe_interval"', '"--all"', []),
    ('"/rollcall/tune/w1/probe_interval"', '"1s --all"', []),
    ('"/rollcall/tune/w1/probe_interval"', '"1s; touch /tmp/x"', []),
    ('"/rollcall/tune/w1/probe_interval"', '"1s\n2s"', []),
    ('"/rollcall/tune/w1/probe_interval"', r'"1s\n2s"', []),
    ('"/rollcall/tune/w1/probe_interval"', '""', []),
    ('"/rollcall/tune/w1/probe_interval"', '"1e9s"', []),
    ('"/rollcall/tune/w1/probe_interval=1s --all"', '"1s"', []),
    ('"/rollcall/tune/w1/node_name"', '"1s"', []),
    ('"/rollcall/tune/w1/../w2/probe_interval"', '"1s"', []),
    ('"/rollcall/tune/w12/probe_interval"', '"1s"', []),
])
def test_a_key_of_etcd_is_a_setting_and_a_number_or_nothing(key, value, expected, tmp_path):
    fake = tmp_path / "rollcall"
    fake.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/called\n')
    fake.chmod(0o755)
    done = subprocess.run([FILES / "etcd" / "rollcall-tune-from-etcd", "--event"], capture_output=True, text=True, check=False,
                          env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "PREFIX": "/rollcall/tune", "WORKER": "w1",
                               "ETCD_WATCH_EVENT_TYPE": '"PUT"', "ETCD_WATCH_KEY": key, "ETCD_WATCH_VALUE": value})
    called = tmp_path / "called"
    assert done.returncode == 0 and (called.read_text().splitlines() if called.exists() else []) == expected, done.stderr
