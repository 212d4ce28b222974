"""Everything that reads a run directory, each with what must hold of its outcome."""

import asyncio
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from inspect import getmembers
from pathlib import Path
from random import Random
from typing import Any

from jsonschema import ValidationError

from gradtui.app.app import GradtuiApp
from gradtui.app.log_tail import LogTail
from gradtui.app.render.line import plain as plain_text
from gradtui.app.render.run_columns import NaturalWidths, fitted
from gradtui.app.render.run_detail import detail_lines
from gradtui.app.render.run_table import row_line
from gradtui.app.run_requests import Judge, LookAt
from gradtui.app.run_row import Judgement, RunRow
from gradtui.app.watched_run import Mode, WatchedRun
from gradtui.cli import main
from gradtui.commands.assistant.answering import answered
from gradtui.commands.assistant.tools import TOOLS
from gradtui.commands.run_examiner import examined
from gradtui.commands.run_screen import as_scenario, command_of
from gradtui.core.control import SetPace
from gradtui.core.errors import GradtuiError
from gradtui.core.event import Ended, Failed
from gradtui.runstore.reader.load import load_facts
from gradtui.runstore.reader.open_run import open_run
from gradtui.runstore.reader.replay import Replay
from gradtui.runstore.reader.run_reader import RunReader
from gradtui.runstore.reader.runs import list_runs
from gradtui.runstore.writer.ports import Source
from tests.schemas import hold

OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What a terminal could obey, except for the end of a line and a tab."""
CODES = {0, 1, 2, 3, 4}
POLLS = 60


class WrongError(AssertionError):
    """What came out is none of what may."""


def sentence(error: GradtuiError) -> None:
    """One sentence is what an error may be."""
    said = str(error)
    if not said.isprintable() or not said or len(said) > 2000:
        raise WrongError(f"no sentence: {said[:200]!r}")


def opened(run: Path) -> None:
    try:
        found = open_run(run)
    except GradtuiError as error:
        sentence(error)
        return
    repr(found)
    for name, _ in getmembers(type(found)):
        if not name.startswith("_"):
            value = getattr(found, name)
            if name == "facts":
                value(16)
            elif hasattr(value, "array"):
                dict(value)
            elif name == "metrics" and not all(word.isprintable() for word in value):
                raise WrongError(f"a name that is not printable: {list(value)!r:.300}")


def listed(run: Path) -> None:
    for one in list_runs(run.parent):
        if not one.trouble.isprintable():
            raise WrongError(f"a trouble that is not printable: {one!r:.300}")


def in_the_list(run: Path) -> None:
    """As the screen of `gradtui runs` reads, judges and draws it."""
    looks, told = examined(LookAt((run,))), examined(Judge(run))
    if not isinstance(looks, list) or not isinstance(told, Judgement):
        raise WrongError(f"the list has no answer: {looks!r:.200} {told!r:.200}")
    row = RunRow(run.name, run, looks[0].summary, looks[0].size, looks[0].stamp, told)
    now = time.time()
    columns = fitted(NaturalWidths().of([row], now), 200)
    drawn = [row_line(row, columns, now, 200, marked=True, ascii_only=False)]
    for line in (*drawn, *detail_lines(row, now, 80, 9, False)):
        if not plain_text(line).isprintable():
            raise WrongError(f"a line that is not printable: {plain_text(line)!r:.300}")


def followed(run: Path) -> None:
    """As `attach` does, with a clock on which patience runs out quickly."""
    now = [0.0]
    try:
        source = RunReader(run, clock=lambda: now[0])
    except GradtuiError as error:
        sentence(error)
        return
    for _ in range(POLLS):
        now[0] += 1.0
        got = source.poll()
        if any(isinstance(event, (Ended, Failed)) for event in got.events):
            return
    if source.ranks.state != "running":
        raise WrongError(f"no end after {POLLS} polls, though it is {source.ranks.state}")


def replayed(run: Path) -> None:
    now = [0.0]
    try:
        source = Replay(run, clock=lambda: now[0])
    except GradtuiError as error:
        sentence(error)
        return
    for turn in range(POLLS):
        now[0] += 10.0
        if turn == 2:
            source.seek(max(source.last_step // 2, 0))
        if turn == 4:
            source.send(SetPace(0))
        got = source.poll()
        if turn > 5 and source.position == source.last_step:
            return
        if turn > 5 and any(isinstance(event, (Ended, Failed)) for event in got.events):
            return
    raise WrongError(f"no end: {source.position} of {source.last_step}")


def facts(run: Path) -> None:
    try:
        load_facts(run)
    except GradtuiError as error:
        sentence(error)
    LogTail(run / "output.log").poll()


def asked(run: Path) -> None:
    """As an assistant does: with some tools, whose answers are as their schemas say."""
    for tool in Random(run.parent.name).sample(TOOLS, 2):
        own = {"layer": "0"} if "layer" in tool.takes else {}
        own |= {"one": str(run), "other": str(run.parent / "good")} if "one" in tool.takes else {}
        own |= {"run": str(run)} if "run" in tool.takes else {}
        try:
            answer = answered(tool, own, run.parent)
        except GradtuiError as error:
            sentence(error)
            continue
        try:
            hold(tool.answers, answer)
            json.dumps(answer, allow_nan=False)
        except (ValidationError, ValueError) as error:
            raise WrongError(f"{tool.name}: {str(error)[:600]}") from None


def checked(words: list[str], code: int, out: str, err: str, *, plain: bool = True) -> None:
    """Raise WrongError where a command's outcome is none that it may have."""
    shown = " ".join(words)
    if code not in CODES:
        raise WrongError(f"{shown}: exit code {code}: {err[-600:]}")
    lines = err.splitlines()
    if len(lines) > 1 or any(not line.startswith("gradtui: ") for line in lines):
        raise WrongError(f"{shown}: standard error is no sentence: {err[-900:]}")
    if "unexpected" in err or "report it" in err:
        raise WrongError(f"{shown}: {err[-600:]}")
    if code in (1, 2) and not lines:
        raise WrongError(f"{shown}: exit code {code} and not a word")
    found = OBEYED.search((out if plain else "") + err)
    if found:
        raise WrongError(f"{shown}: {found[0]!r} in what is printed")


def commanded(*words: str, plain: bool = True) -> str:
    """A command in this process, its outcome checked; what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(list(words))
    checked(list(words), code, out.getvalue(), err.getvalue(), plain=plain)
    return out.getvalue()


def runs_text(run: Path) -> None:
    out = commanded("runs", "--runs", str(run.parent))
    if run.parent.joinpath("good", "run.json").is_file() and "good" not in out:
        raise WrongError("one bad run has taken the others down")


def runs_json(run: Path) -> None:
    commanded("runs", "--json", "--runs", str(run.parent))


def compared(run: Path) -> None:
    good = str(run.parent / "good")
    commanded("compare", str(run), good)
    commanded("compare", good, str(run), "--json")


def lines(run: Path) -> None:
    commanded("export", str(run), "--format", "jsonl")


def table(run: Path) -> None:
    out = commanded("export", str(run), "--format", "csv")
    for cell in out.split("\n", 1)[0].split(","):
        if cell.strip('"')[:1] in tuple("=+-@\t\r"):
            raise WrongError(f"a cell of the header begins a formula: {cell[:80]!r}")


def parquet(run: Path) -> None:
    commanded("export", str(run), "--format", "parquet", "-o", str(run.parent / "out.parquet"))


def board(run: Path) -> None:
    folder = run.parent / "board"
    commanded("export", str(run), "--format", "tensorboard", "-o", str(folder))


def svg(run: Path) -> None:
    commanded("export", str(run), "-o", str(run.parent / "out.svg"), "--size", "100x30")


def html(run: Path) -> None:
    target = run.parent / "out.html"
    commanded("export", str(run), "--format", "html", "-o", str(target))
    if target.exists() and target.read_text().count("<script") != 2:
        raise WrongError("a script in the page that is not its own")


def screen(run: Path, mode: Mode) -> None:
    """The app on it, for a moment."""
    try:
        source: Source = RunReader(run) if mode == "attach" else Replay(run, speed=1e6)
        story = as_scenario(run)
        watched = WatchedRun(mode, run, command_of(run), whole=lambda: load_facts(run, 64))
    except GradtuiError as error:
        sentence(error)
        return

    async def look() -> None:
        app = GradtuiApp(source, [story], scenario=story.name, bell=False, watched=watched)
        async with app.run_test(size=(100, 30), notifications=True) as pilot:
            end = time.monotonic() + 3
            while not app.session.current.over and time.monotonic() < end:
                await pilot.pause(0.05)
            for key in ("d", "v", "escape", "f", "escape", "q"):
                await pilot.press(key)
            await pilot.pause()

    asyncio.run(look())


def attached(run: Path) -> None:
    screen(run, "attach")


def played(run: Path) -> None:
    screen(run, "replay")


SHELL: list[list[str]] = [
    ["runs", "--runs", "HOME"],
    ["compare", "RUN", "GOOD"],
    ["export", "RUN", "--format", "csv"],
    ["export", "RUN", "--format", "jsonl", "-o", "HOME/out.jsonl"],
    ["export", "RUN", "-o", "HOME/out.svg", "--size", "80x24"],
    ["replay", "RUN"],
    ["attach", "RUN"],
]


def in_a_process(run: Path, chance: Random) -> None:
    """A command as a shell starts it."""
    places = {"RUN": str(run), "HOME": str(run.parent), "GOOD": str(run.parent / "good")}
    words = list(chance.choice(SHELL))
    for mark, place in places.items():
        words = [word.replace(mark, place) for word in words]
    done = subprocess.run(
        [sys.executable, "-m", "gradtui", *words],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    checked(words, done.returncode, done.stdout.decode(), done.stderr.decode())


Way = Callable[[Path], None]
ALWAYS: list[Way] = [opened, listed, followed, replayed, lines]
SOME: list[Way] = [
    facts,
    in_the_list,
    asked,
    runs_text,
    runs_json,
    compared,
    table,
    parquet,
    board,
]
DEAR: list[Way] = [svg, html, attached, played]


@contextmanager
def going_on(go: Callable[[], None] | None) -> Iterator[None]:
    """What happens to the run while it is read."""
    import threading

    if go is None:
        yield
        return
    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(10)


def ways_for(chance: Random, dear: float, shell: float, each: int) -> list[Way]:
    """The cheapest, and `each` of the others; of the dear ones and of processes a share."""
    out = [*ALWAYS, *chance.sample(SOME, each)]
    if chance.random() < dear:
        out.append(chance.choice(DEAR))
    if chance.random() < shell:
        inner = Random(chance.random())

        def shelled(run: Path) -> None:
            in_a_process(run, inner)

        out.append(shelled)
    return out


def name_of(way: Any) -> str:
    return str(way.__name__)
