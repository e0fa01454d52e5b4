# SPDX-License-Identifier: Apache-2.0
"""A Kafka broker from Maven Central: Debian has none. Maven keeps the jars in its own repository (~/.m2)."""

import functools
import os
import pathlib
import shutil
import subprocess
import tempfile

POM = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "recipes" / "kafka" / "pom.xml"
WHAT = "Kafka's jars from Maven Central (package maven)"


def _resolve(*flags, limit):
    with tempfile.TemporaryDirectory(prefix="rollcall-jars.") as folder:
        output = pathlib.Path(folder) / "class-path"
        try:
            done = subprocess.run(["mvn", "-B", "-q", *flags, "-f", str(POM), "dependency:build-classpath",
                                   f"-Dmdep.outputFile={output}"], capture_output=True, text=True, timeout=limit,
                                  check=False)
        except subprocess.TimeoutExpired:
            return None, f"no answer within {limit} s"
        if done.returncode or not output.exists():
            return None, done.stdout.strip()[-500:]
        return output.read_text().strip(), ""


@functools.cache
def class_path():
    """The class path of a broker, from what is here; None when something is missing."""
    if shutil.which("mvn") is None:
        return None
    found, _ = _resolve("-o", limit=120)
    return found if found and all(os.path.exists(jar) for jar in found.split(":")) else None


def fetch():
    if shutil.which("mvn") is None:
        return
    print("==> fetching Kafka's jars with Maven", flush=True)
    _, trouble = _resolve(limit=540)
    if trouble:
        print(f"    not fetched: {trouble}", flush=True)
    class_path.cache_clear()
