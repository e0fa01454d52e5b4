# SPDX-License-Identifier: Apache-2.0
"""What this repository checks about itself, one module each.

Every module has `check(root)`: a list of problems, each a line that says where and what. An empty
list means that the check passes.
"""

from . import (include_matrix, leftovers, lengths, licence, links, nothing_stray, pure_core, rooms,
               rules, settings)

ALL = {
    "include_matrix": include_matrix.check,
    "rooms": rooms.check,
    "pure_core": pure_core.check,
    "rules": rules.check,
    "settings": settings.check,
    "nothing_stray": nothing_stray.check,
    "licence": licence.check,
    "lengths": lengths.check,
    "leftovers": leftovers.check,
    "links": links.check,
}
