#!/usr/bin/env bash
# Linux, CPython's subprocess, numpy 2.4.0: the peak memory that os.wait4 tells of a child is at least that of its
# parent. `true`, which needs a megabyte or two, is said to have held the 480 MB that a numpy array took in the
# process that started it, also once the array is gone. The kernel carries the high-water mark of the memory that a
# process has between fork and exec over to what it runs afterwards. VmHWM in /proc/PID/status is the child's own.
#
# Why it matters: a bench that starts trainings from a process with torch or data in it, and compares their
# ru_maxrss, compares itself: what a monitor adds below that size is not seen, and nothing looks odd.
#
# Seen (x86-64, Linux 6.18, CPython 3.11.7): ru_maxrss of the child before the array below 100 MiB; with it
# and after it more than 450 MiB; VmHWM of such a child below 100 MiB.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
[[ $(uname -s) == Linux ]] || { echo "this is about Linux" >&2; exit 2; }
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.0
"$scratch/venv/bin/python" - <<'PY'
import os
import platform
import subprocess
import sys

import numpy as np


def told():
    """MiB that a child which does nothing is said to have held."""
    child = subprocess.Popen(["true"])
    _, _, used = os.wait4(child.pid, 0)
    child.returncode = 0
    return used.ru_maxrss // 1024


def own():
    """MiB that one has held by its own account."""
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdin.write(b"x")
    child.stdin.flush()
    child.stdout.read(1)  # by now it is `cat`
    status = open(f"/proc/{child.pid}/status").read()
    child.communicate()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


before = told()
held = np.ones(60_000_000)
during, mine = told(), own()
del held
after = told()
print(platform.platform(), "CPython", platform.python_version(), "numpy", np.__version__)
print(f"ru_maxrss of `true`: {before} MiB before an array of 458 MiB, {during} with it, {after} after it")
print(f"VmHWM of `cat` meanwhile: {mine} MiB")
sys.exit(not (before < 100 < 450 < min(during, after) and mine < 100))
PY
