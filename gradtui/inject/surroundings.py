"""This process and its system, as far as attaching to others depends on them."""

import os
import platform
import sys
from pathlib import Path

from gradtui.inject.obstacles import SYS_PTRACE, Surroundings
from gradtui.inject.process_table import PROC, fields_of

SCOPE = "sys/kernel/yama/ptrace_scope"


def surroundings(proc: Path = PROC) -> Surroundings:
    """What cannot be read is taken to be no hindrance: then the attempt says so."""
    status = fields_of(_text(proc / "self/status"))
    scope = _text(proc / SCOPE).strip()
    # Those that are permitted: who acts as another user for a while does without their effect.
    capabilities = int(status.get("CapPrm", "0") or "0", 16)
    return Surroundings(
        system=platform.system(),
        machine=platform.machine(),
        user=os.geteuid(),
        may_trace=bool(capabilities >> SYS_PTRACE & 1),
        scope=int(scope) if scope.isdigit() else 0,
        namespace=_link(proc / "self/ns/mnt"),
        root=_link(proc / "self/root"),
        python=sys.version_info[:2],
    )


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""
