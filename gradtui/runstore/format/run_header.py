"""What a rank says of itself, and of the tensors that it watches."""

import os
import platform
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from typing import Any

import numpy as np

from gradtui.core.event import RunInfo
from gradtui.core.layout import Layout
from gradtui.core.secrets import masked
from gradtui.core.version import version
from gradtui.runstore.format.records import STEP


def machine() -> str:
    """Tells this machine, boot and pid namespace from every other; "" where that is unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Generation:
    """The layout of a run from some step on; a new one begins when parameters are added."""

    layout: Layout
    info: RunInfo

    def goes_on_as(self, other: "Generation") -> bool:
        """Whether records of the other can follow in the same files: only what is said of the run differs,
        and not how often its records are kept."""
        return self.layout == other.layout and self.info.synchronised == other.info.synchronised


@dataclass(slots=True)
class Header:
    """One rank's description of itself. `generations` is empty until it has taken a step."""

    command: tuple[str, ...] = ()
    rank: int = 0
    attempt: int = 0
    restart: int = 0
    """How often all processes had been started again before, as a launcher counts."""
    world_size: int = 1
    started: float = 0.0
    pid: int = 0
    host: str = ""
    machine: str = ""
    directory: str = ""
    device: str = ""
    optimizers: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    launcher: dict[str, Any] = field(default_factory=dict)
    """`pid` and `machine` of the program that started the command; empty without one."""
    steps_taken: int = 0
    """Steps that this process has recorded; 0 until it ends, and where it was killed."""
    steps_measured: int = 0
    """Those of them with all norms."""
    generations: list[Generation] = field(default_factory=list)
    steps: np.dtype[np.void] = STEP
    """One record of the steps file; of an older version's run not all of STEP."""

    @property
    def label(self) -> str:
        return f"{self.rank}.{self.attempt}" if self.attempt else str(self.rank)


def here(
    command: Sequence[str] = (),
    *,
    rank: int = 0,
    world_size: int = 1,
    restart: int = 0,
    optimizers: Sequence[str] = (),
    versions: dict[str, str] | None = None,
) -> Header:
    """A header that describes this process."""

    own = {"python": platform.python_version(), "gradtui": version()}
    for name in ("numpy", "torch"):
        if name in sys.modules:
            own[name] = str(getattr(sys.modules[name], "__version__", ""))
    return Header(
        command=masked(command),
        rank=rank,
        world_size=world_size,
        restart=restart,
        started=time(),
        pid=os.getpid(),
        host=socket.gethostname(),
        machine=machine(),
        directory=os.environ.get("PWD", ""),
        optimizers=tuple(optimizers),
        versions=own | (versions or {}),
    )
