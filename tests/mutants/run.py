#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is a broken core or agent found? Builds each mutation and runs a swarm, or named tests, on it.

They are in mutations.py, attack_mutations.py and agent_mutations.py. The tree's src/ and sim/ are copied to
build/mutants/tree. For each mutation the mistake is inserted
there, rollcall-sim is built and kept as build/mutants/NAME/rollcall-sim, and `rollcall-sim swarm`
runs until an invariant is violated. The table shows the invariant and the number of seeds. A mutation
that names tests is found when one of them fails: guards that keep a run safe only in rare cases.
Exit code 1 when a mutation survives all seeds. One tree for all, so that only differences are rebuilt.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from agent_mutations import AGENT_MUTATIONS  # noqa: E402
from attack_mutations import ATTACK_MUTATIONS  # noqa: E402
from mutations import MUTATIONS as CORE_MUTATIONS  # noqa: E402

MUTATIONS = CORE_MUTATIONS + ATTACK_MUTATIONS + AGENT_MUTATIONS

ROOT = pathlib.Path(__file__).resolve().parents[2]
COPIED = ("src", "sim", "web", "tests", "cmake", "CMakeLists.txt", "LICENSE")
PLACE = ROOT / "build/mutants"


class DoesNotFit(Exception):
    """A mutation that no longer fits the source."""


def mutated(mutation, text):
    """The file's text with the mistake in it."""
    for old, new in mutation.edits:
        count = text.count(old)
        if count != 1:
            raise DoesNotFit(f"{mutation.name}: {mutation.path} has this text "
                         f"{count} times, not once:\n{old}")
        text = text.replace(old, new)
    return text


def check(mutations):
    """Checks that every mutation fits, also those that are not built."""
    for mutation in mutations:
        mutated(mutation, (ROOT / mutation.path).read_text(encoding="utf-8"))


def copy_if_changed(source, target):
    """Copies a tree; an unchanged file keeps its time, so that it is not rebuilt."""
    wanted = set()
    files = [source] if source.is_file() else [p for p in source.rglob("*") if p.is_file()]
    for path in files:
        place = target if source.is_file() else target / path.relative_to(source)
        wanted.add(place)
        if place.exists() and place.read_bytes() == path.read_bytes():
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    if target.is_dir():
        for place in [p for p in target.rglob("*") if p.is_file()]:
            if place not in wanted:
                place.unlink()


def build(mutation, jobs):
    """The program of that broken core."""
    tree = PLACE / "tree"
    # Tests need no speed but that of their build; a swarm does.
    folder, kind, batch = (PLACE / "tests", "Debug", 32) if mutation.tests else (PLACE / "build", "Release", 24)
    for name in COPIED:
        # This also reverts the last mutation.
        copy_if_changed(ROOT / name, tree / name)
    broken = tree / mutation.path
    broken.write_text(mutated(mutation, broken.read_text(encoding="utf-8")), encoding="utf-8")
    # What is broken in turn is compiled by itself: a unit takes ten times as long.
    alone = ";".join(sorted({m.path for m in MUTATIONS if m.path.endswith(".cpp")}))
    configure = ["cmake", "-S", tree, "-B", folder, "-G", "Ninja", f"-DCMAKE_BUILD_TYPE={kind}",
                 # A mutation may leave a parameter unused: -w.
                 "-DCMAKE_CXX_FLAGS=-w", "-DCMAKE_CXX_FLAGS_DEBUG=-O0", "-DCMAKE_UNITY_BUILD=ON",
                 f"-DCMAKE_UNITY_BUILD_BATCH_SIZE={batch}", "-DROLLCALL_BENCH=OFF",
                 f"-DROLLCALL_COMPILED_ALONE={alone}"]
    program = mutation.program
    compile_ = ["cmake", "--build", folder, "-j", jobs, "--target", program]
    for step in (configure, compile_):
        done = subprocess.run([str(word) for word in step], capture_output=True, text=True)
        if done.returncode != 0:
            raise DoesNotFit(f"{mutation.name} does not build:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    kept = PLACE / mutation.name / program
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(folder / "bin" / program, kept)
    return kept


def failing_tests(program, mutation):
    """The tests that fail, of those that the mutation names."""
    done = subprocess.run([str(program), f"--gtest_filter={mutation.tests}", "--gtest_brief=1"],
                          capture_output=True, text=True)
    lines = done.stdout.split("\n")
    if any(line.startswith("[==========] 0 tests") for line in lines):
        sys.exit(f"{mutation.name}: no test is called {mutation.tests}")
    failed = [line.split()[3].rstrip(",") for line in lines if line.startswith("[  FAILED  ] ") and "(" in line]
    if done.returncode != 0 and not failed:
        failed = ["the program ended: " + done.stderr.strip().split("\n")[-1]]
    return failed


def hunt(program, mutation, seeds):
    """(violated invariants of the first failing run, its seed), or None when all seeds hold."""
    if mutation.tests:
        failed = failing_tests(program, mutation)
        return (failed[:2], None) if failed else None
    if mutation.scenario:
        done = subprocess.run([str(program), "run", mutation.scenario, "--seeds", "10"], capture_output=True, text=True)
        return ([mutation.scenario], None) if done.returncode == 1 else None
    done = subprocess.run([str(program), "swarm", "--seeds", str(seeds), "--format=json",
                           *mutation.swarm], capture_output=True, text=True)
    if done.returncode == 0:
        return None
    if done.returncode != 1 or not done.stdout:
        # A failed assertion of the core counts as found.
        lines = done.stderr.strip().split("\n")
        rest = [line for line in lines if not line.startswith("swarm:")]
        return [f"the program ended: {rest[-1] if rest else done.returncode}"], None
    first = json.loads(done.stdout)["failures"][0]
    return list(dict.fromkeys(v["invariant"] for v in first["violations"])), int(first["seed"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=2000, help="maximum for each mutation (2000)")
    parser.add_argument("--jobs", type=int, default=2, help="of a build (2)")
    parser.add_argument("--only", action="append", help="only this mutation; can be repeated")
    parser.add_argument("--check", action="store_true", help="only check that all mutations fit")
    flags = parser.parse_args()
    if flags.seeds < 1 or flags.jobs < 1:
        parser.error("--seeds and --jobs are at least 1")
    names = [m.name for m in MUTATIONS]
    for name in flags.only or []:
        if name not in names:
            parser.error(f"--only {name} is not allowed; allowed: {', '.join(names)}")
    chosen = [m for m in MUTATIONS if not flags.only or m.name in flags.only]
    try:
        check(MUTATIONS)
    except DoesNotFit as error:
        sys.exit(str(error))
    if flags.check:
        print(f"all {len(MUTATIONS)} mutations fit the source")
        return 0

    width = max(len(m.name) for m in chosen)
    print(f"{'mutation':{width}}  {'seeds':>6}  {'time':>7}  caught by", flush=True)
    survivors = []
    for mutation in chosen:
        try:
            program = build(mutation, flags.jobs)
        except DoesNotFit as error:
            survivors.append(mutation)
            print(error, flush=True)
            continue
        begin = time.monotonic()
        found = hunt(program, mutation, flags.seeds)
        took = f"{time.monotonic() - begin:.1f} s"
        if found is None:
            survivors.append(mutation)
            print(f"{mutation.name:{width}}  {'-':>6}  {took:>7}  NOT FOUND "
                  f"{'by its tests' if mutation.tests else f'in {flags.seeds} seeds'}: "
                  f"{mutation.what}", flush=True)
            continue
        invariants, seed = found
        seen = "-" if mutation.tests else seed or "?"
        print(f"{mutation.name:{width}}  {seen:>6}  {took:>7}  "
              f"{', '.join(invariants)}", flush=True)
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} were found")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
