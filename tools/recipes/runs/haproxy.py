# SPDX-License-Identifier: Apache-2.0
"""docs/recipes/haproxy.md: a real HAProxy, its backend from the members, requests by curl."""

import shlex

import servers
from runs import balancing


def generator(place, unit, replace):
    """The command of a systemd unit of the recipe, with this run's addresses."""
    text = place.configure(unit, replace).read_text().replace("\\\n", " ")
    line = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    return [place.shared / "rollcall-generate", *shlex.split(line.removeprefix("ExecStart="))[1:]]


def run(place):
    web = balancing.Web()
    try:
        story(place, web)
    finally:
        web.close()


def story(place, web):
    address = balancing.free_address(place)
    config = place.configure("haproxy.cfg", {"127.0.0.1:8000": address})
    output, pid_file = place.folder / "rollcall-web.cfg", place.folder / "haproxy.pid"
    members = balancing.Members(place, web)
    words = generator(place, "rollcall-haproxy.service", {
        "/etc/haproxy/haproxy.cfg": config, "/etc/haproxy/rollcall-web.cfg": output, "10.0.0.0/8": "127.0.0.0/8",
        "systemctl reload haproxy": f"kill -USR2 $(cat {pid_file})"})
    host, port = members.first.rpc_endpoint
    environment = {"ROLLCALL_RPC_ADDR": f"{host}:{port}"}
    # The file has to be there before HAProxy is; without a reload, since none runs.
    once = [word for word in words if word != "--watch"]
    once[once.index("--reload") + 1] = "true"
    place.run(*once, environment=environment)
    process = place.server("haproxy", ["-W", "-db", "-p", pid_file, "-f", config, "-f", output])
    place.wait(lambda: pid_file.exists() and place.run(
        "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"http://{address}/", check=False).stdout == "503", 30,
        "HAProxy runs, with no server yet", process.output.text)
    place.server("generator", words, environment)
    balancing.story(place, members, f"http://{address}/", output.read_text)

    before = output.read_text()
    broken = place.run(*once[:-1], f"echo unused; {servers.find('haproxy')} -c -q -f /dev/null -f /nonexistent",
                       "--check", "false", "--name", "other", environment=environment, check=False)
    place.check(broken.returncode == 1 and output.read_text() == before, "a file that fails the check is taken back")
