# SPDX-License-Identifier: Apache-2.0
"""The rooms that are told and never ask: no clock, no global dice, no thread, no lock, no socket, no
log. Two exceptions: the assertion that ends the process says why, on stderr; and a WorkClock, which
is passed in, measures work (src/base/time_budget.h)."""

import re

from . import tree

ROOMS = ("src/base", "src/wire", "src/membership", "src/serf")
MAY_PRINT = {"src/base/check.cpp"}

FORBIDDEN = (
    (r"(?<!Time )(?<!clock\.)(?<!clock_\.)(?<!clock\(\)\.)\bnow\s*\(\s*\)", "reads a clock"),
    (r"\b(system|steady|high_resolution)_clock\b", "names a clock"),
    (r"\b(clock_gettime|gettimeofday|uv_now|uv_hrtime|time\s*\(\s*(nullptr|NULL|0)\s*\))", "reads a clock"),
    (r"\brandom_device\b", "draws from the system; dice are seeded"),
    (r"\bstd::(ranges::)?(shuffle|sample)\b", "differs between standard libraries; use Rng::shuffle"),
    (r"\b\w+_(int|real)_distribution\b|\bbernoulli_distribution\b|\bmt19937(_64)?\b",
     "differs between standard libraries; use Rng"),
    (r"\bs?rand\s*\(", "draws from a global generator"),
    (r"\bstd::(jthread|thread|this_thread|async|future|promise)\b|\bpthread_\w+", "knows threads"),
    (r"\b(std::(\w*mutex|lock_guard|unique_lock|scoped_lock|condition_variable\w*|atomic\w*|call_once)\b)",
     "locks"),
    (r"\b(socket|recvfrom|sendto|setsockopt|getaddrinfo)\s*\(|\bsockaddr\w*\b", "knows sockets"),
    (r"\b(spdlog|syslog)\b|\bstd::(cout|cerr|clog)\b|\b(v?f?printf|puts|fputs|perror)\s*\(", "logs"),
    (r"\b(getenv|fopen|system|popen|fork)\s*\(|\bstd::[io]?fstream\b", "reaches outside the process"),
)
FORBIDDEN_HEADERS = re.compile(
    r"(thread|mutex|shared_mutex|future|atomic|condition_variable|semaphore|stop_token|random|iostream|"
    r"fstream|filesystem|ctime|time\.h|unistd\.h|sys/.*|netinet/.*|arpa/.*|netdb\.h|pthread\.h|uv\.h)")


def check(root):
    problems = []
    for path in tree.files(root, ROOMS, tree.CPP):
        source = tree.text(root, path)
        for line, name, quoted in tree.includes(source):
            if not quoted and FORBIDDEN_HEADERS.fullmatch(name):
                problems.append(f"{path}:{line}: <{name}> has no place in a room that is told everything")
        if str(path) in MAY_PRINT:
            continue
        for number, line in enumerate(tree.code_lines(source), 1):
            if line.lstrip().startswith("#include"):
                continue
            for pattern, why in FORBIDDEN:
                match = re.search(pattern, line)
                if match:
                    problems.append(f"{path}:{number}: '{match.group(0)}' {why}")
    return problems
