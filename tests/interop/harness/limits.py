# SPDX-License-Identifier: Apache-2.0
"""Limits of this process."""

import resource


def allow_many_files():
    """For a thousand connections at once: the programs of an ordinary user begin with 1024 open files."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
