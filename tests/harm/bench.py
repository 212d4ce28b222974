"""Runs a program bare and watched, in the same folder, and says in what the two differ."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gradtui.core.errors import GradtuiError
from gradtui.inject import environment
from gradtui.runstore.reader.open_run import open_run

PROGRAMS = Path(__file__).with_name("programs")
SHARED = "training.py"
"""What the programs import; no program itself."""

LIMIT = 120.0
"""Seconds after which a program counts as hanging."""
MORE_SHARE, MORE_BYTES = 0.10, 40 << 20
"""What watching may add to the peak of resident memory: a tenth, and what its own code takes."""
PEAK, AGAIN = "peak memory", 2
"""Where that alone differs both are run so many times more, and the lowest peaks count: on a busy machine it
wanders by a tenth from run to run, with how many threads hold memory at once."""

DIRECTIVE = re.compile(r"^# @ (\w+): (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Program:
    """A script. Lines `# @ WORD: VALUE` in it say how it is run:

    `options` of the interpreter, `pythonpath`, `stdin`, and `steps`: how many optimizer steps its
    record must count, "any" where that is not laid down, 0 where nothing can be recorded. `known` says
    what it sees of us that cannot be helped, as docs/harmless.md has it: that is counted apart.
    """

    path: Path
    idiom: str
    options: tuple[str, ...] = ()
    stdin: str = ""
    pythonpath: str | None = None
    steps: str = "any"
    known: str = ""

    @property
    def name(self) -> str:
        return self.path.stem


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is left of one run."""

    code: int | None
    """Exit code, negative for a signal, None where it hung."""
    out: bytes
    err: bytes
    files: Mapping[str, str] = field(default_factory=dict)
    """Path -> SHA-256 of each file in the working folder."""
    peak: int = 0
    """Bytes of resident memory at most, of the process or of one of its children."""


def read_program(path: Path) -> Program:
    text = path.read_text()
    found = dict(DIRECTIVE.findall(text))
    unknown = set(found) - {"options", "pythonpath", "stdin", "steps", "known"}
    if unknown:
        raise ValueError(f"{path.name}: no such directive: {', '.join(sorted(unknown))}")
    return Program(
        path,
        text.partition("\n")[0].lstrip("# "),
        tuple(found.get("options", "").split()),
        found.get("stdin", ""),
        found.get("pythonpath"),
        found.get("steps", "any"),
        found.get("known", ""),
    )


def programs(names: tuple[str, ...] = ()) -> list[Program]:
    """All of them, or those named, by name."""
    paths = sorted(path for path in PROGRAMS.glob("*.py") if path.name != SHARED)
    if names:
        unknown = set(names) - {path.stem for path in paths}
        if unknown:
            raise ValueError(f"no such program: {', '.join(sorted(unknown))}")
        paths = [path for path in paths if path.stem in names]
    return [read_program(path) for path in paths]


def bare_environment(program: Program, home: Path) -> dict[str, str]:
    """The variables of a program that nobody watches."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GRADTUI_", "PYTHON", "XDG_"))
    }
    kept |= {
        "OMP_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "XDG_STATE_HOME": str(home),
        "COLUMNS": "80",
        "LINES": "24",
    }
    if program.pythonpath is not None:
        kept["PYTHONPATH"] = program.pythonpath
    return kept


def run_program(program: Program, folder: Path, variables: Mapping[str, str]) -> Outcome:
    """Run it in `folder`, which is emptied first. Not for several threads on one folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        tempfile.TemporaryFile() as words,
    ):
        words.write(program.stdin.encode().decode("unicode_escape").encode())
        words.seek(0)
        process = subprocess.Popen(
            [sys.executable, *program.options, str(program.path)],
            cwd=folder,
            env=dict(variables),
            stdin=words,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        late = threading.Event()

        def end() -> None:
            late.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(LIMIT, end)
        timer.start()
        # subprocess would forget the resources that the child has used.
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        timer.cancel()
        out.seek(0)
        err.seek(0)
        return Outcome(
            None if late.is_set() else process.returncode,
            out.read(),
            err.read(),
            files_in(folder),
            used.ru_maxrss * 1024,
        )


def files_in(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def differences(bare: Outcome, watched: Outcome) -> list[str]:
    """In what they differ, a line each."""
    found = []
    if bare.code != watched.code:
        found.append(f"exit code {watched.code} in place of {bare.code}")
    for word, before, after in (
        ("standard output", bare.out, watched.out),
        ("standard error", bare.err, watched.err),
    ):
        if before != after:
            found.append(f"{word}: {first_difference(before, after)}")
    for name in sorted(set(bare.files) | set(watched.files)):
        if bare.files.get(name) != watched.files.get(name):
            there = (name in bare.files, name in watched.files)
            word = {(True, False): "is missing", (False, True): "is new"}.get(there, "differs")
            found.append(f"file {name!r} {word}")
    if watched.peak > bare.peak * (1 + MORE_SHARE) + MORE_BYTES:
        found.append(f"{PEAK} {watched.peak >> 20} MiB in place of {bare.peak >> 20}")
    return found


def lower(one: Outcome, again: Outcome) -> Outcome:
    """The first, with the lower peak of the two."""
    return replace(one, peak=min(one.peak, again.peak))


def first_difference(before: bytes, after: bytes) -> str:
    """The first line that differs."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for i in range(max(len(old), len(new))):
        one = old[i] if i < len(old) else b"(nothing)"
        two = new[i] if i < len(new) else b"(nothing)"
        if one != two:
            return f"line {i + 1} is {_short(two)} in place of {_short(one)}"
    return "none"


def _short(line: bytes) -> str:
    text = repr(line.decode(errors="replace"))
    return text if len(text) <= 160 else f"{text[:110]} ... {text[-40:]}"


@dataclass(frozen=True, slots=True)
class Verdict:
    program: Program
    differences: list[str]
    steps: int
    """Optimizer steps that the record counts; 0 without one."""
    log: str = ""
    """What the recorder complained of."""
    bare: Outcome | None = None
    watched: Outcome | None = None


Variables = Callable[[Path, Mapping[str, str]], dict[str, str]]
"""From the run directory and the variables without watching to those with it."""


def watching(run: Path, base: Mapping[str, str]) -> dict[str, str]:
    return dict(base) | environment(run, base=base)


def judge(program: Program, scratch: Path, change: Variables = watching) -> Verdict:
    """Run a program both ways. Paths are the same both times, so that output may hold them."""
    folder, run = scratch / "work", scratch / "run"
    base = bare_environment(program, scratch / "state")
    bare = run_program(program, folder, base)
    watched = run_program(program, folder, change(run, base))
    found = differences(bare, watched)
    for _ in range(AGAIN):
        if not found or not all(line.startswith(PEAK) for line in found):
            break
        bare = lower(bare, run_program(program, folder, base))
        shutil.rmtree(run, ignore_errors=True)
        watched = lower(watched, run_program(program, folder, change(run, base)))
        found = differences(bare, watched)
    if bare.code is None:
        found.append(f"hangs by itself for {LIMIT:g} s")
    steps = steps_in(run)
    if change is watching and program.steps != "any" and steps != int(program.steps):
        found.append(f"{steps} steps recorded of {program.steps}")
    log = run / "watch.log"
    return Verdict(program, found, steps, log.read_text() if log.exists() else "", bare, watched)


def steps_in(run: Path) -> int:
    """Distinct steps of all ranks."""
    if not run.is_dir():
        return 0
    try:
        return len(set(open_run(run).steps.tolist()))
    except GradtuiError:
        return 0
