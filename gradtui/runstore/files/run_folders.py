"""Where runs are kept and what they are called: names sort by time, and no two are alike."""

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

from gradtui.core.errors import UsageError
from gradtui.core.paths import state_home
from gradtui.core.secrets import MASK, masked
from gradtui.core.text import did_you_mean, listed, printable

HEADER = re.compile(r"run(-[0-9.]+)?\.json")
LAST = "@last"
"""Behind a part of a name: the newest that has it."""
MOST = 8
"""Runs that are named where a word may mean several."""
WORD = 40
"""Characters of the command that a run's name keeps."""


def runs_home(given: str | Path | None = None) -> Path:
    """The folder of runs: `given`, else GRADTUI_RUNS, else $XDG_STATE_HOME/gradtui/runs."""
    chosen = given or os.environ.get("GRADTUI_RUNS", "")
    if chosen:
        return Path(chosen).expanduser()
    state = state_home()
    if state is None:
        raise UsageError("there is no home directory to keep runs in: name a folder with --runs")
    return state / "runs"


def run_name(command: Sequence[str], when: float) -> str:
    """20261121-063337-train-3f9a07: UTC, the word of the command that tells most, chance."""
    moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime(when))
    return f"{moment}-{command_word(command)}-{os.urandom(3).hex()}"


def command_word(command: Sequence[str]) -> str:
    """The script or module of a command line, safe as part of a file's name."""
    words = [word for word in masked(command) if MASK not in word]
    script = next((Path(w).stem for w in words if w.endswith(".py")), "")
    if not script and "-m" in words[:-1]:
        script = words[words.index("-m") + 1]
    if not script and words:
        script = Path(words[0]).name
    return re.sub(r"[^A-Za-z0-9._]+", "-", script).strip("-.")[:WORD].strip("-.") or "run"


def make_private(directory: Path) -> None:
    """Make a directory, and those above it, for its owner alone whatever the umask.

    Directories that exist are left as they are. Raises OSError.
    """
    missing = []
    at = directory
    while not at.exists():
        missing.append(at)
        at = at.parent
    for path in reversed(missing):
        try:
            path.mkdir(0o700)
            path.chmod(0o700)
        except FileExistsError:
            continue


def new_run(home: Path, command: Sequence[str], when: float | None = None) -> Path:
    """Make an empty run directory in `home`. Raises UsageError where that cannot be."""
    when = time.time() if when is None else when
    try:
        make_private(home)
        while True:
            path = home / run_name(command, when)
            try:
                path.mkdir(0o700)
            except FileExistsError:
                continue
            path.chmod(0o700)
            return path
    except OSError as error:
        where = printable(str(home))
        raise UsageError(f"no run can be kept in {where} ({error.strerror}); see --runs") from None


def is_run(path: Path) -> bool:
    """Whether a directory holds a run: something in the place of some rank's header. What nobody
    may look into counts as one, so that it is listed with what is wrong with it."""
    try:
        names = [entry.name for entry in path.iterdir()]
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return any(HEADER.fullmatch(name) for name in names)


def run_paths(home: Path) -> list[Path]:
    """The run directories in `home`, newest first; none where there is no such folder."""
    try:
        found = [path for path in home.iterdir() if is_run(path)]
    except OSError:
        return []
    return sorted(found, key=lambda path: path.name, reverse=True)


def find_run(word: str | Path, home: Path) -> Path:
    """A run by path, by name, or by a part that only one name has; the newest for "".

    "PART@last" is the newest whose name has that part. Raises UsageError, where several have it too.
    """
    text = str(word)
    if text and is_run(Path(text)):
        return Path(text)
    known = run_paths(home)
    if not known:
        raise UsageError(f"there are no runs in {printable(str(home))}")
    found = matching(text, known)
    if len(found) == 1 or (found and (not text or text.endswith(LAST))):
        return found[0]
    if not found:
        hint = did_you_mean(text, (path.name for path in known))
        raise UsageError(
            f"there is no run {printable(text)!r}{hint or ': `gradtui runs` lists them all'}"
        )
    names = [printable(path.name) for path in found]
    raise UsageError(
        f"{printable(text)!r} is in the names of {len(names)} runs, the newest first: "
        f"{listed(names, MOST)}; give more of one, or {printable(text) + LAST!r} for the "
        "newest of them."
    )


def matching(text: str, known: Sequence[Path]) -> list[Path]:
    """Those of the runs that a word may mean, in their order: the one of that name, else all that
    have it in their names."""
    exact = [path for path in known if path.name == text]
    part = text.removesuffix(LAST)
    return exact or [path for path in known if part in path.name]
