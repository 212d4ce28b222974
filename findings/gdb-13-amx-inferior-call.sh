#!/usr/bin/env bash
# gdb 13.1 (Debian 12) on an x86-64 processor with AMX, Linux 6.18: a function called in a process that gdb has
# attached to ends in "Couldn't write extended state status: Bad address". PTRACE_SETREGSET takes the extended
# registers in exactly the size that the kernel has (11,008 bytes with AMX) and answers EFAULT to any other; this gdb
# writes fewer. It gives up in the middle and detaches: registers are not put back.
#
# Why it matters: tools that attach to a running Python by `gdb -batch` and a call (profilers, debuggers) may lose the
# process that they were asked to look at, depending on where it was. A call of the system that was interrupted
# has returned "Unknown error 514", which no program is ever to see. Servers that train large models have such
# processors.
#
# Seen (gdb 13.1-3, Linux 6.18, Xeon with amx_tile): the message in each of five processes, some of which were lost.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"; kill -9 "${child:-}" 2>/dev/null || true' EXIT
grep -qw amx_tile /proc/cpuinfo 2>/dev/null || { echo "this is about processors with AMX" >&2; exit 2; }
command -v gdb >/dev/null || { echo "this needs gdb 13" >&2; exit 2; }
gdb --version | head -1 | grep -q ' 13\.' || { echo "this is about gdb 13" >&2; exit 2; }
cat >"$scratch/counts.py" <<'PY'
import sys
import time

count = 0
while True:
    count += 1
    time.sleep(0.01)
    with open(sys.argv[1], "w") as file:
        file.write(f"{count}")
PY
lost=0
for try in 1 2 3 4 5; do
    python3 "$scratch/counts.py" "$scratch/counter" 2>>"$scratch/errors" &
    child=$!
    sleep 1
    gdb -nx -q -batch -ex 'set auto-solib-add off' -ex "attach $child" -ex 'sharedlibrary libc.so' \
        -ex 'print ((int (*)(void)) getpid)()' -ex detach </dev/null >"$scratch/said" 2>&1 || true
    grep -q "Couldn't write extended state status: Bad address" "$scratch/said" || { cat "$scratch/said"; exit 1; }
    before=$(stat -c %y "$scratch/counter"); sleep 1
    [[ $(stat -c %y "$scratch/counter") != "$before" ]] || lost=$((lost + 1))
    { kill -9 "$child" && wait "$child"; } 2>/dev/null || true
done
echo "the message in 5 of 5 processes; $lost of them went on no more"
tail -n 1 "$scratch/errors"
