"""The programs, and what one of them is said to have."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gradtui.core.symptom import OPEN

HERE = Path(__file__).parent
OURS = {"__init__", "__main__", "catalogue", "test_programs"}
ALIKE = {"converged": "healthy"}


@dataclass(frozen=True, slots=True)
class Program:
    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def accepted(self) -> tuple[str, ...]:
        return tuple(self.path.read_text().split("\n", 1)[0].lstrip("# ").split())


@dataclass(frozen=True, slots=True)
class Told:
    name: str
    accepted: tuple[str, ...]
    verdict: str
    evidence: str
    steps: int

    @property
    def right(self) -> bool:
        """Of a healthy one it is no alarm that nothing can be said."""
        return self.verdict in self.accepted or (self.healthy and self.verdict in OPEN)

    @property
    def healthy(self) -> bool:
        return self.accepted[0] == "healthy"


PROGRAMS = [Program(path) for path in sorted(HERE.glob("*.py")) if path.stem not in OURS]
STRANGERS = [Program(path) for path in sorted((HERE / "strangers").glob("*.py"))]
"""By people who had seen the names of the symptoms and no rule. What was said of them at the first try is
what counts: docs/benches.md. With FIX=1 a sick one is mended."""
NEAR_RULES = [Program(path) for path in sorted((HERE / "near_rules").glob("*.py"))]
"""Healthy ones by somebody who had read the newest rules, and came as near to them as he could."""


def judged(program: Program) -> Told:
    """What `gradtui check` says of it, run in a folder of its own."""
    command = [sys.executable, "-m", "gradtui", "check", "--json", "--"]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*command, sys.executable, str(program.path)],
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(HERE.parents[2])},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    said = json.loads(lines[-1]) if lines else {"verdict": "failed", "error": done.stderr[-300:]}
    verdict = ALIKE.get(said["verdict"], said["verdict"])
    findings = said.get("findings") or [{"evidence": said.get("error") or ""}]
    evidence = findings[0]["evidence"]
    return Told(program.name, program.accepted, verdict, evidence, said.get("steps", 0))
