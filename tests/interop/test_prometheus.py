# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus and its own checker judge the agents' metrics, the alert rules and the dashboard.

Skipped without Debian's `prometheus` (which has `promtool`).
"""

import json
import re
import shutil
import subprocess
import urllib.parse
import urllib.request

import pytest

from harness.agents import ROOT, Process
from harness.loopback import free_port
from harness.waiting import wait_until

pytestmark = [pytest.mark.rollcall,
              pytest.mark.skipif(not (shutil.which("prometheus") and shutil.which("promtool")),
                                 reason="needs prometheus and promtool (Debian: prometheus)")]

RULES = ROOT / "deploy" / "prometheus" / "rollcall.rules.yml"
RULES_TEST = ROOT / "deploy" / "prometheus" / "rollcall.rules_test.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "rollcall.json"


def promtool(*arguments, stdin=None):
    done = subprocess.run(["promtool", *map(str, arguments)], input=stdin, capture_output=True, timeout=120,
                          check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


class Agents:
    """Agents whose HTTP sides have one port, each on an address of its own, as on hosts of their own."""

    def __init__(self, cluster):
        self._cluster, self.port = cluster, None

    def start(self, name, join=(), extra=()):
        host = self._cluster.subnet.host()
        self.port = self.port or free_port(host)
        agent = self._cluster.start("rollcall", name, host=host, join=join,
                                    extra=(f"-http-addr={host}:{self.port}", *extra))
        agent.http = f"http://{host}:{self.port}"
        return agent


class Prometheus:
    """Scrapes every second what the agent at `http` names, with our rules."""

    def __init__(self, http, host, folder):
        self.base = f"http://{host}:{free_port(host)}"
        config = folder / "prometheus.yml"
        config.write_text(json.dumps({  # JSON is YAML
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(RULES)],
            "scrape_configs": [{"job_name": "rollcall",
                                "http_sd_configs": [{"url": f"{http}/v1/sd/prometheus", "refresh_interval": "1s"}],
                                "relabel_configs": [{"source_labels": ["__meta_rollcall_name"],
                                                     "target_label": "member"}]}]}))
        self._process = Process(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
                                 f"--web.listen-address={self.base.removeprefix('http://')}", "--log.level=warn"],
                                folder / "prometheus.log")
        wait_until(lambda: get(f"{self.base}/-/ready"), 60, "Prometheus is ready",
                   lambda: self._process.output.text())

    def up(self):
        """{member: last up} of the targets that it has now."""
        active = json.loads(get(f"{self.base}/api/v1/targets?state=active"))["data"]["activeTargets"]
        return {target["labels"]["member"]: target["health"] for target in active}

    def query(self, expression):
        """[(labels, value)]"""
        text = urllib.parse.urlencode({"query": expression})
        answer = json.loads(get(f"{self.base}/api/v1/query?{text}"))
        assert answer["status"] == "success", answer
        return [(sample["metric"], float(sample["value"][1])) for sample in answer["data"]["result"]]

    def close(self):
        self._process.close()


@pytest.fixture
def prometheus(subnet, tmp_path):
    made = []

    def make(http):
        made.append(Prometheus(http, subnet.host(), tmp_path))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_promtool_accepts_the_rules_and_their_tests():
    code, text = promtool("check", "rules", RULES)
    assert code == 0, text
    code, text = promtool("test", "rules", RULES_TEST)
    assert code == 0, text


def test_every_alert_has_a_case_where_it_fires_and_one_where_it_does_not():
    alerts = re.findall(r"- alert: (\w+)", RULES.read_text())
    cases = RULES_TEST.read_text()
    for alert in alerts:
        assert f"name: {alert} fires" in cases and f"name: {alert} stays silent" in cases, alert


def test_promtool_accepts_every_query_of_the_dashboard(tmp_path):
    def expressions(value):
        if isinstance(value, dict):
            yield from ([value["expr"]] if "expr" in value else [])
            value = list(value.values())
        if isinstance(value, list):
            for each in value:
                yield from expressions(each)

    found = list(expressions(json.loads(DASHBOARD.read_text())))
    assert len(found) > 20
    rules = [{"record": f"dashboard:query_{i}", "expr": expr.replace("$__rate_interval", "5m")}
             for i, expr in enumerate(found)]
    path = tmp_path / "dashboard.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    code, text = promtool("check", "rules", path)
    assert code == 0, text


@pytest.mark.parametrize("per_member", [False, True])
def test_promtool_has_no_complaint_about_an_agents_metrics(clusters, per_member):
    agents = Agents(clusters(key="cg8StVXbQJ0gPvMd9o7yrg=="))
    a = agents.start("a", extra=("-metrics-per-member",) if per_member else ())
    agents.start("b", join=(a,))
    wait_until(lambda: b'rollcall_members{status="alive"} 2' in get(f"{a.http}/metrics"), 20, "a sees b")
    text = get(f"{a.http}/metrics")
    code, complaint = promtool("check", "metrics", stdin=text)
    assert code == 0 and not complaint.strip(), complaint
    assert (b"rollcall_member_up{" in text) == per_member


def test_prometheus_finds_the_agents_through_one_of_them_and_loses_one_and_gets_it_back(clusters, prometheus):
    cluster = clusters()
    agents = Agents(cluster)
    first = agents.start("n1")
    for name in ("n2", "n3", "n4", "n5"):
        agents.start(name, join=(first,))
    cluster.wait_all_alive()
    scraper = prometheus(first.http)
    every = {f"n{i}": "up" for i in range(1, 6)}
    wait_until(lambda: scraper.up() == every, 60, "five agents are scraped", scraper.up)
    wait_until(lambda: scraper.query('min(rollcall_members{status="alive"})') == [({}, 5.0)], 30,
               "each agent sees five members")
    assert scraper.query("count(count_values('view', rollcall_view_checksum))") == [({}, 1.0)]

    cluster.kill("n4")
    left = {name: state for name, state in every.items() if name != "n4"}
    wait_until(lambda: scraper.up() == left, 60, "the killed agent is no target any more", scraper.up)
    wait_until(lambda: scraper.query('ALERTS{alertname="RollcallMemberFailed"}'), 30,
               "the alert for a failed member is at least pending")

    cluster.restart("n4", join=first)
    wait_until(lambda: scraper.up() == every, 60, "the agent that came back is scraped again", scraper.up)
    wait_until(lambda: not scraper.query('ALERTS{alertname="RollcallMemberFailed"}'), 60, "the alert has ended")


def test_service_discovery_by_a_tag_names_only_its_members(clusters):
    agents = Agents(clusters())
    first = agents.start("n1", extra=("-tag=role=db",))
    agents.start("n2", join=(first,))
    agents.start("n3", join=(first,), extra=("-tag=role=db",))
    wait_until(lambda: len(json.loads(get(f"{first.http}/v1/members"))["members"]) == 3, 20, "three members")
    found = json.loads(get(f"{first.http}/v1/sd/prometheus?tag=role=db"))
    assert sorted(each["labels"]["__meta_rollcall_name"] for each in found) == ["n1", "n3"]
