# SPDX-License-Identifier: Apache-2.0
"""docs/recipes/dns.md: a real dnsmasq, its records from the members, asked by dig."""

import servers
from runs.haproxy import generator

HOSTILE = "web,127.0.0.1\naddress=/bank.example/127.0.0.1"


def run(place):
    host = place.host()
    port = place.port(host)
    output, pid_file = place.folder / "rollcall.conf", place.folder / "dnsmasq.pid"
    first = place.agent("a")
    flags = (f"--conf-file={output} --port={port} --listen-address={host} --bind-interfaces --no-resolv --no-hosts "
             f"--user=root --pid-file={pid_file}")
    restart = (f"if test -s {pid_file}; then p=$(cat {pid_file}); kill $p; while kill -0 $p; do :; done 2>/dev/null; fi; "
               f"{servers.find('dnsmasq')} {flags}")
    words = generator(place, "rollcall-dns.service", {
        "/etc/dnsmasq.d/rollcall.conf": output, "10.0.0.0/8": "127.0.0.0/8",
        "dnsmasq --test": f"{servers.find('dnsmasq')} --test",
        "systemctl restart dnsmasq": restart})
    rpc_host, rpc_port = first.rpc_endpoint
    process = place.server("generator", words, {"ROLLCALL_RPC_ADDR": f"{rpc_host}:{rpc_port}"})

    def dig(name, kind="A"):
        done = place.run("dig", f"@{host}", "-p", port, "+short", "+time=1", "+tries=1", name, kind, check=False)
        return sorted(done.stdout.split("\n")[:-1]) if done.returncode == 0 else None

    def seen():
        return f"{output.read_text() if output.exists() else 'no file'}\n{process.output.text()}"

    place.wait(lambda: dig("a.node.rollcall.internal") == [first.bind[0]], 30, "a member has an A record by its name", seen)
    web = {name: place.agent(name, join=[first], tags={"role": "web", "http_port": str(8080 + i)})
           for i, name in enumerate(("web1", "web2"))}
    place.agent("evil", join=[first], tags={"role": HOSTILE, "http_port": "1\nsrv-host=x"})
    addresses = sorted(agent.bind[0] for agent in web.values())
    place.wait(lambda: dig("web.role.rollcall.internal") == addresses, 60, "a tag has the addresses of its members", seen)
    expected = ["0 0 8080 web1.node.rollcall.internal.", "0 0 8081 web2.node.rollcall.internal."]
    place.wait(lambda: dig("_http._tcp.web.role.rollcall.internal", "SRV") == expected, 30,
               "SRV has their ports and names", seen)
    place.wait(lambda: dig("evil.node.rollcall.internal") not in ([], None), 30, "a member with hostile tags is there by name")
    place.check("bank.example" not in output.read_text() and dig("bank.example") == [],
                f"its tags are not: {output.read_text()}")
    place.check(dig("nobody.node.rollcall.internal") == [], "an unknown member has no record")
    place.cluster.kill("web2")
    place.wait(lambda: dig("web.role.rollcall.internal") == addresses[:1]
               and dig("web2.node.rollcall.internal") == []
               and dig("_http._tcp.web.role.rollcall.internal", "SRV") == expected[:1], 60,
               "a member failed: its records are gone", seen)
