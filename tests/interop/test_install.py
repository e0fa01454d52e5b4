# SPDX-License-Identifier: Apache-2.0
"""`cmake --install`: each component alone, its files where the FHS wants them."""

import os
import pathlib
import shutil
import stat
import subprocess

import pytest

from harness.agents import ROOT, program

pytestmark = pytest.mark.rollcall

BUILD = pathlib.Path(program("rollcall")).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """install(component): the files, as a dict of their paths below the prefix."""
    if shutil.which("cmake") is None or not (BUILD / "CMakeCache.txt").is_file():
        pytest.skip("the program is not in a folder of a build by CMake")
    if not (BUILD / "bin" / "rollcall-sim").is_file():
        pytest.skip("rollcall-sim is not built")

    def install(component):
        prefix = tmp_path_factory.mktemp(component) / "usr"
        environment = {key: value for key, value in os.environ.items() if key != "DESTDIR"}
        done = subprocess.run(["cmake", "--install", str(BUILD), "--prefix", str(prefix), "--component", component],
                              check=False, timeout=300, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return prefix, {str(path.relative_to(prefix)): path for path in prefix.rglob("*") if path.is_file()}

    return install


def test_programs(installed):
    _, files = installed("programs")
    assert set(files) == {"bin/rollcall", "bin/rollcall-sim"}
    for path in files.values():
        assert path.stat().st_mode & stat.S_IXOTH
    assert subprocess.run([files["bin/rollcall"], "version"], check=True, capture_output=True, text=True).stdout.startswith(
        "rollcall v")


def test_manual_pages_of_every_command_and_of_the_settings(installed):
    _, files = installed("man")
    names = subprocess.run([program("rollcall"), "man", "--list"], check=True, capture_output=True, text=True).stdout.split()
    assert set(files) == {f"share/man/man{name[-1]}/{name}" for name in [*names, "rollcall-sim.1"]}
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed: pages are not read")
    for path in files.values():
        done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", path], check=False, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), path
    done = subprocess.run(["groff", "-man", "-Tascii", "-P-cbou", files["share/man/man1/rollcall-sim.1"]], check=True,
                          capture_output=True, text=True)
    own = subprocess.run([BUILD / "bin" / "rollcall-sim", "--help"], check=True, capture_output=True, text=True).stdout
    printed = {" ".join(line.split()) for line in done.stdout.split("\n")}
    for line in own.split("\n"):
        assert " ".join(line.split()) in printed | {""}, "each line of the help is in the page"


def test_completions_are_those_of_this_version(installed):
    _, files = installed("completions")
    places = {"bash": "share/bash-completion/completions/rollcall", "zsh": "share/zsh/site-functions/_rollcall",
              "fish": "share/fish/vendor_completions.d/rollcall.fish"}
    assert set(files) == set(places.values())
    for shell, place in places.items():
        own = subprocess.run([program("rollcall"), "completion", shell], check=True, capture_output=True, text=True).stdout
        assert files[place].read_text() == own


def test_the_unit_starts_the_program_that_is_installed(installed):
    prefix, files = installed("service")
    assert set(files) == {"lib/systemd/system/rollcall.service", "lib/sysusers.d/rollcall.conf"}
    unit = files["lib/systemd/system/rollcall.service"].read_text()
    assert f"ExecStart={prefix}/bin/rollcall agent " in unit
    assert "/usr/bin/rollcall" not in unit.replace(str(prefix), "")


def test_examples_and_docs(installed):
    _, files = installed("examples")
    examples = "share/doc/rollcall/examples/"
    assert set(files) >= {examples + name for name in ("agent.json", "grafana/rollcall.json",
                                                       "prometheus/rollcall.rules.yml", "recipes/nginx/rollcall.conf")}
    assert all(name.startswith(examples) for name in files)
    assert os.access(files[examples + "recipes/rollcall-generate"], os.X_OK)
    _, files = installed("docs")
    docs = "share/doc/rollcall/"
    wanted = {docs + str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")}
    assert set(files) >= wanted | {docs + name for name in ("README.md", "CHANGELOG.md", "LICENSE")}


def test_all_at_once_is_the_sum(installed, tmp_path):
    done = subprocess.run(["cmake", "--install", str(BUILD), "--prefix", str(tmp_path / "usr")], check=False, timeout=300,
                          capture_output=True, text=True, env=os.environ | {"DESTDIR": ""})
    assert done.returncode == 0, done.stdout + done.stderr
    for path in ("bin/rollcall", "share/man/man5/rollcall-settings.5", "lib/systemd/system/rollcall.service",
                 "share/doc/rollcall/docs/operations.md", "share/doc/rollcall/examples/agent.json"):
        assert (tmp_path / "usr" / path).is_file(), path
