# SPDX-License-Identifier: Apache-2.0
"""What a host may do to one process of it: set the clock, give it little CPU time, small socket buffers, a disk that hangs.
Each concerns the processes of a test alone; why_no_...() says why it cannot be made here, or is None.
"""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

FAKETIME = next(pathlib.Path("/usr/lib").glob("**/faketime/libfaketime.so.1"), None)


# --- the wall clock ------------------------------------------------------------------------------------------

def why_no_clock():
    return None if FAKETIME else "needs libfaketime (Debian: libfaketime)"


class WallClock:
    """A wall clock for processes started in `environment`; set() moves it while they run. Clocks that are never
    set stay as they are."""

    def __init__(self, directory):
        self._file = directory / "wall-clock"
        self.set(0)
        self.environment = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(self._file),
                            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                            "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DISABLE_SHM": "1",
                            "FAKETIME_FORCE_MONOTONIC_FIX": "0"}

    def set(self, seconds):
        """So many seconds from the true time."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self._file)


# --- CPU time ------------------------------------------------------------------------------------------------

CPU_GROUPS = pathlib.Path("/sys/fs/cgroup/cpu")  # of cgroups' first version; in the second it is the root
ALL_GROUPS = pathlib.Path("/sys/fs/cgroup")


def _group_root():
    """Where a group with a limit of CPU time can be made, and the files that set it."""
    if (CPU_GROUPS / "cpu.cfs_quota_us").is_file():
        return CPU_GROUPS
    controllers = ALL_GROUPS / "cgroup.subtree_control"
    return ALL_GROUPS if controllers.is_file() and "cpu" in controllers.read_text().split() else None


def why_no_cpu_limit():
    root = _group_root()
    if root is None:
        return "needs a cgroup with a limit of CPU time"
    return None if os.access(root, os.W_OK) and os.geteuid() == 0 else f"may not make a cgroup in {root}"


@contextlib.contextmanager
def little_cpu(process, milliseconds):
    """The process shares so many milliseconds of CPU time in each second with a process that never waits, as in a
    container whose limit another program of it uses up. The limit is not for a whole second: deadlines that are a second
    apart would find it fresh again and again.
    """
    period = 730_000  # us
    group = pathlib.Path(tempfile.mkdtemp(prefix="rollcall-test-", dir=_group_root()))
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        if (group / "cpu.max").is_file():
            (group / "cpu.max").write_text(f"{milliseconds * period // 1000} {period}")
        else:
            (group / "cpu.cfs_period_us").write_text(str(period))
            (group / "cpu.cfs_quota_us").write_text(str(milliseconds * period // 1000))
        for pid in (busy.pid, process.pid):
            (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        busy.kill()
        # Back to where it was: a group with a process cannot be removed.
        for pid in (busy.pid, process.pid):
            with contextlib.suppress(ProcessLookupError):
                (group.parent / "cgroup.procs").write_text(str(pid))
        busy.wait()
        group.rmdir()


@contextlib.contextmanager
def stopped_often(process, stopped, running):
    """The process is stopped and continued in turn, for so many seconds each."""
    ended = threading.Event()

    def work():
        while not ended.is_set() and process.running:
            process.pause()
            time.sleep(stopped)  # the length of the stop is what is made here, nothing is awaited
            process.resume()
            ended.wait(running)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(10)
        process.resume()


# --- a disk that hangs ---------------------------------------------------------------------------------------

DISK_BYTES = 64 << 20
FREEZE, THAW = 0xC0045877, 0xC0045878  # FIFREEZE, FITHAW of linux/fs.h


def why_no_hanging_disk():
    if os.geteuid() != 0:
        return "a disk that hangs needs root: it mounts a file system"
    if shutil.which("mkfs.ext4") is None:
        return "a disk that hangs needs mkfs.ext4 (Debian: e2fsprogs)"
    return None if pathlib.Path("/dev/loop-control").exists() else "a disk that hangs needs loop devices"


class Disk:
    """A file system of its own in `folder`. hanging(): whoever writes to it meanwhile waits, without end."""

    def __init__(self, directory):
        self.folder = directory / "disk"
        self.folder.mkdir(parents=True)
        image = directory / "disk.image"
        with image.open("wb") as file:
            file.truncate(DISK_BYTES)
        subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
        subprocess.run(["mount", "-o", "loop", str(image), str(self.folder)], check=True)

    @contextlib.contextmanager
    def hanging(self):
        root = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(root, FREEZE, 0)
            try:
                yield
            finally:
                fcntl.ioctl(root, THAW, 0)
        finally:
            os.close(root)

    def close(self):
        """Also while a process still has a file of it open."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


# --- socket buffers ------------------------------------------------------------------------------------------

# net.core.rmem_max belongs to the whole host, so the same is done to one process: the kernel grants what is
# asked for, up to a limit. The program still asks for its buffer, and reads what the kernel says it has.
LIMIT_RECEIVE_BUFFERS = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/socket.h>

int setsockopt(int fd, int level, int name, const void* value, socklen_t size) {
    int (*next)(int, int, int, const void*, socklen_t) =
        (int (*)(int, int, int, const void*, socklen_t))dlsym(RTLD_NEXT, "setsockopt");
    const char* limit = getenv("RMEM_MAX");
    if (limit != NULL && level == SOL_SOCKET && name == SO_RCVBUF && size == sizeof(int)) {
        int granted = *(const int*)value;
        if (granted > atoi(limit)) granted = atoi(limit);
        return next(fd, level, name, &granted, sizeof granted);
    }
    return next(fd, level, name, value, size);
}
"""
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def why_no_small_buffers():
    return None if COMPILER else "needs a C compiler, for a library that limits socket buffers"


def small_buffers(directory, most):
    """The environment of processes whose receive buffers are limited to `most` bytes, as by net.core.rmem_max."""
    source, library = directory / "limit.c", directory / "limit.so"
    source.write_text(LIMIT_RECEIVE_BUFFERS)
    subprocess.run([COMPILER, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True, timeout=60)
    return {"LD_PRELOAD": str(library), "RMEM_MAX": str(most)}
