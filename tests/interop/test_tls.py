# SPDX-License-Identifier: Apache-2.0
"""TLS of the control port and of HTTP: whom they let in, which versions and ciphers they speak, what a
reload does under load, and what strangers can do."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading

import pytest

from harness import certificates
from harness.agents import clean_environment, program
from harness.loopback import split_endpoint
from harness.ping_meter import PingMeter
from harness.sealing import Sealing
from harness.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.rollcall


def rollcall(*arguments, **environment):
    return subprocess.run([program("rollcall"), *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          env=clean_environment() | environment, check=False)


class Authority:
    """A folder with certificates of `rollcall tls`."""

    def __init__(self, folder):
        self.folder = folder
        made = rollcall("tls", "init", "--dir", folder)
        assert made.returncode == 0, made.stderr
        self.files = certificates.Files(folder / "ca.pem", folder / "ca-key.pem")

    def issue(self, name, *more):
        made = rollcall("tls", "issue", name, "--dir", self.folder, *more)
        assert made.returncode == 0, made.stderr
        return certificates.Files(self.folder / f"{name}.pem", self.folder / f"{name}-key.pem")

    def expired(self, name):
        return certificates.issued(self.folder, name, self.files, begins=-3, ends=-2)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ca")


class Secured:
    """An agent with a control address and an HTTP address that have TLS, besides its plain one."""

    def __init__(self, cluster, authority, *more, own=None, verify=True, name="n1"):
        own = own or authority.issue(name)
        extra = ["-rpc-addr=tls:127.0.0.1:0", "-http-addr=tls:127.0.0.1:0", f"-tls-cert={own.certificate}",
                 f"-tls-key={own.key}", f"-tls-ca={authority.files.certificate}", *more]
        self.agent = cluster.start("rollcall", name, extra=extra + (["-tls-verify-client"] if verify else []))
        self.authority = authority
        text = self.agent.output.text("out")
        self.control = re.search(r"RPC addr: '(tls:.+)'", text)[1]
        self.http = split_endpoint(re.search(r"HTTP addr: 'tls:(.+)'", text)[1])

    def ask(self, *arguments, by=None, ca=None, **environment):
        identity = [f"--tls-cert={by.certificate}", f"--tls-key={by.key}"] if by else []
        return rollcall(arguments[0], f"--rpc-addr={self.control}",
                        f"--tls-ca={ca or self.authority.files.certificate}", *identity, *arguments[1:],
                        **environment)

    def context(self, by=None):
        context = ssl.create_default_context(cafile=self.authority.files.certificate)
        if by:
            context.load_cert_chain(by.certificate, by.key)
        return context

    def get(self, path, by=None):
        connection = http.client.HTTPSConnection(*self.http, context=self.context(by), timeout=20)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def stats(self, section="tls"):
        with self.agent.rpc() as rpc:
            return rpc.stats()[section]


def test_the_right_client_comes_in_and_the_wrong_ones_do_not(cluster, authority, tmp_path):
    secured = Secured(cluster, authority)
    ops = authority.issue("ops")
    answer = secured.ask("members", "--format=json", by=ops)
    assert answer.returncode == 0, answer.stderr
    assert [member["name"] for member in json.loads(answer.stdout)["members"]] == ["n1"]
    by_variables = secured.ask("members", ROLLCALL_TLS_CERT=str(ops.certificate), ROLLCALL_TLS_KEY=str(ops.key))
    assert by_variables.returncode == 0, by_variables.stderr

    other = Authority(tmp_path / "other")
    for wrong, why in [({}, "certificate required"),
                       ({"by": other.issue("ops")}, "unknown ca"),
                       ({"by": authority.expired("late")}, "certificate expired"),
                       ({"by": ops, "ca": other.files.certificate}, "refused")]:
        refused = secured.ask("members", **wrong)
        assert refused.returncode == 1 and why in refused.stderr, f"{wrong}: {refused.stderr}"
        assert "--tls-ca" in refused.stderr, "the hint says what to look at"
    plain = rollcall("members", f"--rpc-addr={secured.control.removeprefix('tls:')}")
    assert plain.returncode == 1
    assert int(secured.stats()["refused"]) >= 5 and int(secured.stats()["admitted"]) >= 2
    assert secured.agent.running

    status, body = secured.get("/v1/members", by=ops)
    assert status == 200 and json.loads(body)["members"][0]["name"] == "n1"
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
        secured.get("/v1/members")


def test_an_expired_certificate_of_the_agent_is_refused_by_clients_and_named_by_doctor(cluster, authority):
    secured = Secured(cluster, authority, own=authority.expired("n1"), verify=False)
    refused = secured.ask("members")
    assert refused.returncode == 1 and "certificate has expired" in refused.stderr
    host, port = secured.agent.rpc_endpoint
    doctor = rollcall("doctor", f"--rpc-addr={host}:{port}", "--format=json")
    assert "certificate-expired" in doctor.stdout, doctor.stdout + doctor.stderr


def test_mistakes_in_the_files_stop_the_start_and_change_nothing_at_a_reload(cluster, authority, tmp_path):
    own = authority.issue("n1")
    other = authority.issue("n2")
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    for arguments, expected in [
            ([f"--tls-cert={own.certificate}"], "--tls-cert: "),
            ([f"--tls-cert={broken}", f"--tls-key={own.key}"], "not in PEM form"),
            ([f"--tls-cert={own.certificate}", f"--tls-key={other.key}"], "does not belong to the certificate"),
            ([f"--tls-cert={own.certificate}", f"--tls-key={tmp_path}/none"], "No such file"),
            ([f"--tls-cert={own.certificate}", f"--tls-key={own.key}", "--tls-verify-client"], "--tls-verify-client: "),
            (["--rpc-addr=tls:127.0.0.1:0"], "only beside tls-cert and tls-key")]:
        checked = rollcall("agent", "--check", *arguments)
        assert checked.returncode != 0 and expected in checked.stdout + checked.stderr, checked

    secured = Secured(cluster, authority, own=own, verify=False)
    good = own.certificate.read_text()
    own.certificate.write_text("no certificate")
    secured.agent.signal(signal.SIGHUP)
    secured.agent.output.wait_for(lambda lines: any("configuration unchanged: --tls-cert" in line for line in lines),
                                  15, "the reload is refused")
    assert secured.ask("members").returncode == 0, "the old certificate serves on"
    own.certificate.write_text(good)


def served_serial(secured):
    with socket.create_connection(secured.http, timeout=20) as raw, \
            secured.context().wrap_socket(raw, server_hostname="localhost") as sealed:
        return sealed.getpeercert()["serialNumber"]


def test_a_reload_under_load_loses_no_request(cluster, authority):
    secured = Secured(cluster, authority, verify=False)
    over, failures, done = threading.Event(), [], []

    def load():
        while not over.is_set():
            try:
                status, _ = secured.get("/status")
                (done if status == 200 else failures).append(status)
            except OSError as error:
                failures.append(repr(error))

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    serials = [served_serial(secured)]
    try:
        for number in range(1, 6):
            authority.issue("n1", "--renew", "--days", str(100 + number))
            secured.agent.signal(signal.SIGHUP)
            wait_until(lambda: served_serial(secured) != serials[-1], 15, "the new certificate is served")
            serials.append(served_serial(secured))
            count = len(done)
            wait_until(lambda: len(done) >= count + 20, 30 * PATIENCE, "twenty more requests")
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not failures
    assert len(set(serials)) == 6
    _, metrics = secured.get("/metrics")
    until = re.search(rb"^rollcall_tls_certificate_not_after_seconds (\S+)$", metrics, re.MULTILINE)
    assert float(until[1]) == ssl.cert_time_to_seconds(
        rollcall_not_after(authority)), "the metric is that of the certificate now in use"


def rollcall_not_after(authority):
    shown = rollcall("tls", "show", authority.folder / "n1.pem", "--format=json")
    moment = json.loads(shown.stdout)[0]["not_after"]  # 2027-01-31T10:20:30Z
    date, time = moment.rstrip("Z").split("T")
    year, month, day = date.split("-")
    names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    return f"{names[int(month) - 1]} {int(day):2} {time} {year} GMT"


def accepts(secured, lowest, highest, ciphers=None):
    """The cipher that was agreed on; None if there was none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.options &= ~ssl.OP_NO_COMPRESSION
    context.set_ciphers(f"{ciphers or 'ALL'}:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = lowest, highest
    with socket.create_connection(secured.http, timeout=20) as raw:
        try:
            with context.wrap_socket(raw) as sealed:
                assert sealed.compression() is None
                return sealed.cipher()
        except (ssl.SSLError, ConnectionError):
            return None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_only_modern_versions_and_ciphers_are_spoken(cluster, authority):
    secured = Secured(cluster, authority, verify=False)
    Version = ssl.TLSVersion
    for old in (Version.TLSv1, Version.TLSv1_1):
        assert accepts(secured, old, old) is None, old
    assert accepts(secured, Version.TLSv1_3, Version.TLSv1_3)[1] == "TLSv1.3"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    names = {cipher["name"] for cipher in context.get_ciphers() if cipher["protocol"] != "TLSv1.3"}
    taken = {name for name in names if accepts(secured, Version.TLSv1_2, Version.TLSv1_2, name)}
    assert len(names) > 50 and taken == {
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"}
    # Nothing of a connection is good for another one: no tickets, no sessions.
    client = secured.context()
    client.maximum_version = Version.TLSv1_2
    with socket.create_connection(secured.http, timeout=20) as raw, \
            client.wrap_socket(raw, server_hostname="localhost") as sealed:
        session = sealed.session
    with socket.create_connection(secured.http, timeout=20) as raw, \
            client.wrap_socket(raw, server_hostname="localhost", session=session) as again:
        assert not again.session_reused


def test_strangers_at_the_handshake_delay_no_ping_and_keep_no_client_out(cluster, authority):
    secured = Secured(cluster, authority, verify=False)
    over = threading.Event()

    def knock():
        held = []
        while not over.is_set():
            try:
                raw = socket.create_connection(secured.http, timeout=20)
                raw.sendall(os.urandom(5) if len(held) % 2 else b"")
                held.append(raw)
            except OSError:
                pass
            if len(held) > 100:
                held.pop(0).close()
        for raw in held:
            raw.close()

    def handshakes():
        while not over.is_set():
            with contextlib.suppress(OSError):
                secured.get("/status")

    threads = [threading.Thread(target=run) for run in (knock, knock, handshakes, handshakes)]
    for thread in threads:
        thread.start()
    try:
        with PingMeter(secured.agent, cluster.subnet.host(), Sealing()) as meter:
            for _ in range(20):
                answer = secured.ask("members")
                assert answer.returncode == 0, answer.stderr
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert meter.longest < 0.5 * PATIENCE
    assert int(secured.stats()["evicted"]) > 0
    assert secured.agent.running


def test_an_authority_is_made_once_and_its_key_is_for_its_owner_only(authority):
    again = rollcall("tls", "init", "--dir", authority.folder)
    assert again.returncode == 1 and "it exists" in again.stderr
    assert authority.files.key.stat().st_mode & 0o777 == 0o600
    own = authority.issue("web-1", "--host", "10.0.0.5")
    assert own.key.stat().st_mode & 0o777 == 0o600
    twice = rollcall("tls", "issue", "web-1", "--dir", authority.folder)
    assert twice.returncode == 1 and "--renew" in twice.stderr
    for name in ("ca", "../x", ".x", "a/b", "", "x" * 65):
        refused = rollcall("tls", "issue", name, "--dir", authority.folder)
        assert refused.returncode == 1 and not (authority.folder / "../x.pem").exists(), name
    shown = json.loads(rollcall("tls", "show", own.certificate, "--format=json").stdout)
    assert "IP:10.0.0.5" in shown[0]["hosts"] and "DNS:web-1" in shown[0]["hosts"]
    assert shown[1]["authority"] is True
