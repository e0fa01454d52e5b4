# SPDX-License-Identifier: Apache-2.0
"""All recipes by name. Each has a module in runs/, a page in docs/recipes, and its files in deploy/recipes."""

import dataclasses
import importlib
import typing


@dataclasses.dataclass(frozen=True)
class Recipe:
    name: str
    what: str
    needs: tuple  # keys of servers.SERVERS

    def run(self, place):
        _module(self.name).run(place)


def _module(name) -> typing.Any:
    # Imported late: the modules use the harness, which reads its environment when it is imported.
    return importlib.import_module(f"runs.{name.replace('-', '_')}")


RECIPES = {recipe.name: recipe for recipe in (
    Recipe("prometheus", "scrapes the members that are alive, found by service discovery", ("prometheus", "curl")),
    Recipe("alertmanager", "an alert for a failed member reaches a webhook, and resolves",
           ("prometheus", "alertmanager")),
    Recipe("etcd", "a key per worker changes that worker's probe interval", ("etcd", "etcdctl")),
    Recipe("kafka", "the journal of an agent in a topic, at least once", ("java", "kcat", "kafka")),
    Recipe("haproxy", "backends from the members that are alive", ("haproxy", "curl")),
    Recipe("nginx", "upstreams from the members that are alive", ("nginx", "curl")),
    Recipe("dns", "A and SRV records from the members, by dnsmasq", ("dnsmasq", "dig")),
    Recipe("journal", "the events of an agent in the systemd journal", ("journalctl",)),
    Recipe("central-monitor", "each job of a master-and-slaves monitor, without a master", ()),
)}
