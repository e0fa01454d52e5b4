#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the recipes of docs/recipes, or those named, with real servers and real agents, and checks them.

Each starts its servers on free addresses of 127.0.0.0/8 with a temporary folder, and ends all of them. A recipe whose
servers are not installed is skipped. Exit code 0 when none failed (skipped ones do not count), 1 when one did, 2 for a
bad command line. Two runs may go side by side.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import traceback

import contained

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "interop"))
sys.dont_write_bytecode = True


def read_arguments(argv, names):
    parser = argparse.ArgumentParser(prog="./run recipes", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all by default: {', '.join(names)}")
    parser.add_argument("--list", action="store_true", help="print each recipe and what it needs, run none")
    parser.add_argument("--install", action="store_true",
                        help="install what is missing with apt-get and Maven, without starting services (needs root)")
    parser.add_argument("--install-only", action="store_true", help="the same, and run none")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/bin/rollcall", metavar="PATH",
                        help="the rollcall program (build/release/bin/rollcall)")
    parser.add_argument("--logs", type=pathlib.Path, metavar="DIR", help="keep the folders of the recipes there")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="the table at the end (text)")
    arguments = parser.parse_args(argv)
    for name in arguments.names:
        if name not in names:
            parser.error(f"no recipe '{name}'; allowed: {', '.join(names)}")
    return arguments


def stop_on_signals():
    """SIGTERM and SIGHUP end a run as Ctrl-C does: what was started is ended."""
    def stop(_number, _frame):
        raise KeyboardInterrupt
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def run_inside(recipe, program, folder):
    """(outcome, detail), in a process of its own."""
    from place import Place, Skipped
    with Place(recipe.name, program, folder) as place:
        try:
            recipe.run(place)
            return "passed", "; ".join(place.figures)
        except Skipped as reason:
            return "skipped", str(reason)
        except Exception as error:  # the next recipe runs all the same
            place.print_logs()
            print(traceback.format_exc(), flush=True)
            return "failed", f"{type(error).__name__}: {error}".splitlines()[0][:160]


def run_one(recipe, program, logs):
    """(outcome, detail, seconds)"""
    begin = time.monotonic()
    print(f"==> {recipe.name}: {recipe.what}", flush=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"rollcall-recipe-{recipe.name}."))
    folder.chmod(0o755)  # servers that give up root read it, too
    try:
        outcome, detail = (contained.run(lambda: run_inside(recipe, program, folder))
                           or ("failed", "it ended without a result"))
    finally:
        if logs:
            shutil.copytree(folder, logs / recipe.name, dirs_exist_ok=True, symlinks=True, ignore=sockets_in)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"    {outcome}{f': {detail}' if detail else ''}", flush=True)
    return outcome, detail, time.monotonic() - begin


def sockets_in(folder, names):
    return [name for name in names if (pathlib.Path(folder) / name).is_socket()]


def print_table(rows, form):
    if form == "json":
        print(json.dumps({"recipes": [{"name": name, "outcome": outcome, "detail": detail, "seconds": round(seconds, 1)}
                                      for name, outcome, detail, seconds in rows]}))
        return
    wide = max(len(name) for name, *_ in rows)
    print(f"\n{'recipe':<{wide}}  outcome  seconds  detail")
    for name, outcome, detail, seconds in rows:
        print(f"{name:<{wide}}  {outcome:<7}  {seconds:7.1f}  {detail}".rstrip())


def main(argv):
    import catalogue
    import servers
    arguments = read_arguments(argv, list(catalogue.RECIPES))
    recipes = [catalogue.RECIPES[name] for name in arguments.names or catalogue.RECIPES]
    if arguments.list:
        for recipe in recipes:
            missing = servers.missing(recipe.needs)
            print(f"{recipe.name:<16}  {recipe.what}; needs {', '.join(recipe.needs) or 'nothing'}"
                  f"{f' (missing: {servers.packages(missing)})' if missing else ''}")
        return 0
    stop_on_signals()
    if arguments.install or arguments.install_only:
        servers.install([need for recipe in recipes for need in recipe.needs])
        if arguments.install_only:
            return 0
    program = arguments.program.resolve()
    if not os.access(program, os.X_OK):
        print(f"{program} does not exist: build it (./run build), or name another one by --program", file=sys.stderr)
        return 2
    if importlib.util.find_spec("msgpack") is None:
        print(f"{sys.executable} has no msgpack: install python3-msgpack and use /usr/bin/python3", file=sys.stderr)
        return 2
    os.environ["ROLLCALL_BIN"] = str(program)  # read by the harness when it is imported
    rows = []
    try:
        for recipe in recipes:
            missing = servers.missing(recipe.needs)
            if missing:
                detail = servers.remedy(missing)
                print(f"==> {recipe.name}: {recipe.what}\n    skipped: {detail}", flush=True)
                rows.append((recipe.name, "skipped", detail, 0.0))
            else:
                rows.append((recipe.name, *run_one(recipe, program, arguments.logs)))
    except KeyboardInterrupt:
        print("stopped; everything that was started is ended", file=sys.stderr)
        return 130
    print_table(rows, arguments.format)
    return 1 if any(outcome == "failed" for _, outcome, *_ in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
