# SPDX-License-Identifier: Apache-2.0
"""docs/recipes/nginx.md: a real nginx, its upstreams written by an event handler, requests by curl."""

import json
import os
import shlex

import servers
from runs import balancing


def run(place):
    web = balancing.Web()
    try:
        story(place, web)
    finally:
        web.close()


def story(place, web):
    address = balancing.free_address(place)
    upstreams = place.folder / "upstreams"
    upstreams.mkdir()
    site = place.configure("rollcall.conf", {"127.0.0.1:8000": address, "/etc/nginx/rollcall/": f"{upstreams}/"})
    temporary = "".join(f"    {kind}_temp_path {place.folder}/{kind};\n"
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    whole = place.folder / "nginx.conf"
    whole.write_text(f"pid {place.folder}/nginx.pid;\nerror_log stderr;\n"
                     f"events {{}}\nhttp {{\n    access_log off;\n{temporary}    include {site};\n}}\n")
    nginx = f"{shlex.quote(servers.find('nginx'))} -c {whole}"
    script = place.configure("nginx-upstreams.sh", {
        "/etc/nginx/rollcall/web.conf": upstreams / "web.conf", "10.0.0.0/8": "127.0.0.0/8", "nginx -t -q": f"{nginx} -t -q",
        "nginx -s reload": f"test ! -s {place.folder}/nginx.pid || {nginx} -s reload",
        "exec rollcall-generate": f"exec {shlex.quote(str(place.shared / 'rollcall-generate'))}"})
    script.chmod(0o755)
    settings = json.loads(place.configure("agent.json", {"/usr/local/bin/nginx-upstreams.sh": script}).read_text())
    # The agent's control address is known only once it runs, and its handler needs it: so it is chosen before.
    control = balancing.free_address(place)
    members = balancing.Members(place, web, rpc=control,
                                extra=[f"-event-handler={handler}" for handler in settings["event_handlers"]],
                                environment=place.environment() | {"ROLLCALL_RPC_ADDR": control})
    written = upstreams / "web.conf"
    place.wait(written.exists, 30, "the agent's own join has written the upstreams, with no server yet")
    process = place.server("nginx", ["-c", whole, "-g", "daemon off;"])
    place.wait(lambda: place.run("curl", "-s", "-o", os.devnull, "-w", "%{http_code}", f"http://{address}/",
                                 check=False).stdout == "502", 30, "nginx runs", process.output.text)
    balancing.story(place, members, f"http://{address}/", written.read_text)
