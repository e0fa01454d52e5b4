# SPDX-License-Identifier: Apache-2.0
"""The programs that recipes need: where they are, which package has them, and how they are installed."""

import dataclasses
import os
import pathlib
import shutil
import subprocess

import jars

# Debian keeps some of these out of an ordinary user's PATH.
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
POLICY = pathlib.Path("/usr/sbin/policy-rc.d")


@dataclasses.dataclass(frozen=True)
class Server:
    package: str
    programs: tuple  # any one will do


SERVERS = {
    "prometheus": Server("prometheus", ("prometheus",)),
    "alertmanager": Server("prometheus-alertmanager", ("prometheus-alertmanager", "alertmanager")),
    "etcd": Server("etcd-server", ("etcd",)),
    "etcdctl": Server("etcd-client", ("etcdctl",)),
    "haproxy": Server("haproxy", ("haproxy",)),
    "nginx": Server("nginx-light", ("nginx",)),
    "dnsmasq": Server("dnsmasq-base", ("dnsmasq",)),
    "dig": Server("bind9-dnsutils", ("dig",)),
    "kcat": Server("kcat", ("kcat",)),
    "java": Server("default-jre-headless", ("java",)),
    "curl": Server("curl", ("curl",)),
    "journalctl": Server("systemd", ("journalctl",)),
}


def find(need):
    """The path of the program, or None."""
    for program in SERVERS[need].programs:
        if found := shutil.which(program, path=PATH):
            return found
    return None


def missing(needs):
    return [need for need in needs if (not jars.class_path() if need == "kafka" else find(need) is None)]


def packages(needs):
    return ", ".join(jars.WHAT if need == "kafka" else SERVERS[need].package for need in needs)


def remedy(needs):
    """Why a recipe is skipped, and what to do."""
    return f"install {packages(needs)} (./run recipes --install does)"


def _apt_get(*words):
    """As root. No package may start its service: the policy of an administrator stays, else one is there meanwhile."""
    policy = f"printf '#!/bin/sh\\nexit 101\\n' >{POLICY}; chmod 755 {POLICY}; trap 'rm -f {POLICY}' EXIT; "
    script = ("" if POLICY.exists() else policy) + 'DEBIAN_FRONTEND=noninteractive apt-get "$@"'
    root = [] if os.geteuid() == 0 else ["sudo"]
    return subprocess.run([*root, "sh", "-c", script, "apt-get", *words], stdout=subprocess.DEVNULL, check=False).returncode


def install(needs):
    """Installs what is missing. What the registries do not have stays missing: its recipes are then skipped."""
    wanted = missing(dict.fromkeys(needs))
    debian = [SERVERS[need].package for need in wanted if need != "kafka"]
    if "kafka" in wanted and shutil.which("mvn") is None:
        debian.append("maven")
    if debian and shutil.which("apt-get") is None:
        print(f"    not a Debian system, please install: {' '.join(debian)}", flush=True)
    elif debian:
        if os.geteuid() != 0 and shutil.which("sudo") is None:
            raise SystemExit(f"error: installing needs root: run as root or install sudo, for {' '.join(debian)}")
        _apt_get("update", "-q")
        for package in debian:  # one by one: one that does not exist must not keep out the others
            print(f"==> installing {package}", flush=True)
            if _apt_get("install", "-y", "-q", "--no-install-recommends", package):
                print(f"    {package} could not be installed: skipping what needs it", flush=True)
    if "kafka" in wanted:
        jars.fetch()
