# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the interop suite, and the logs of the agents under every failure.

Run with /usr/bin/python3 -m pytest tests/interop; README.md has the settings.
"""

import os
import pathlib

import pytest

from harness.cluster import Cluster, effective_kind, need
from harness.examining import Place
from harness.limits import allow_many_files
from harness.loopback import Subnet

TAIL = 30  # lines of every agent's log under a failure; the whole is kept in a file


def pytest_configure(config):
    config.addinivalue_line("markers", "serf: runs real Serf agents; skipped where serf is missing")
    config.addinivalue_line("markers", "rollcall: about rollcall alone; skipped in a Serf-only run")
    config.rollcall_figures = []
    allow_many_files()


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("serf") and (reason := need("serf")):
            item.add_marker(pytest.mark.skip(reason=reason))
        if item.get_closest_marker("rollcall") and effective_kind("rollcall") != "rollcall":
            item.add_marker(pytest.mark.skip(reason="about rollcall alone, and this run has none"))


@pytest.fixture
def place(tmp_path):
    """Agents in a network of the test's own, to examine: see harness/examining.py."""
    made = Place(tmp_path)
    yield made
    made.close()


@pytest.fixture
def figure(request):
    """figure(text): something measured or counted, shown under the results of the run."""
    return request.config.rollcall_figures.append


def pytest_terminal_summary(terminalreporter, config):
    if config.rollcall_figures:
        terminalreporter.section("figures")
        for text in config.rollcall_figures:
            terminalreporter.write_line(text)


@pytest.fixture(scope="session")
def subnet():
    subnet = Subnet()
    yield subnet
    subnet.close()


@pytest.fixture(scope="session")
def log_root(tmp_path_factory):
    """Where agents write; kept after the run. ROLLCALL_INTEROP_LOGS says where else."""
    chosen = os.environ.get("ROLLCALL_INTEROP_LOGS")
    root = pathlib.Path(chosen) if chosen else tmp_path_factory.mktemp("agents")
    root.mkdir(parents=True, exist_ok=True)
    return root


class Clusters:
    """Makes clusters and ends them all, in whatever state a test left them."""

    def __init__(self, subnet, directory):
        self._subnet, self._directory = subnet, directory
        self._made = []

    def __call__(self, label="cluster", **options):
        cluster = Cluster(self._subnet, self._directory / label, **options)
        self._made.append(cluster)
        return cluster

    def close(self):
        for cluster in self._made:
            cluster.close()

    def logs(self):
        return sorted(self._directory.glob("**/*.log"))


def _clusters(request, subnet, log_root):
    clusters = Clusters(subnet, log_root / request.node.name.replace("/", "_").replace(".py", ""))
    request.node.rollcall_clusters = clusters
    try:
        yield clusters
    finally:
        clusters.close()


@pytest.fixture
def clusters(request, subnet, log_root):
    """Clusters that end with the test."""
    yield from _clusters(request, subnet, log_root)


@pytest.fixture(scope="module")
def module_clusters(request, subnet, log_root):
    """Clusters that end with the module, for stories told over several tests."""
    yield from _clusters(request, subnet, log_root)


@pytest.fixture
def cluster(clusters):
    """One plain cluster on the local profile."""
    return clusters()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    # Of clusters that live side by side, only those that failed are of interest.
    labels = getattr(getattr(call.excinfo, "value", None), "failures", None)
    for node in item.listchain():
        for log in node.rollcall_clusters.logs() if hasattr(node, "rollcall_clusters") else ():
            if labels and log.parent.name not in labels:
                continue
            lines = log.read_text(encoding="utf-8").splitlines()
            report.sections.append((f"agent log {log} (last {TAIL} of {len(lines)} lines)",
                                    "\n".join(lines[-TAIL:])))
