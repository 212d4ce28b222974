"""What is read of runs for the list on the screen, in a process of its own."""

import asyncio
from collections.abc import Callable
from hashlib import blake2s
from multiprocessing.resource_tracker import ensure_running
from pathlib import Path

from gradtui.app.run_requests import (
    Compare,
    Judge,
    ListRuns,
    Look,
    LookAt,
    Request,
    Unanswered,
    WritePage,
)
from gradtui.app.run_row import Judgement
from gradtui.commands.workers import Crashed, Worker
from gradtui.core.errors import GradtuiError
from gradtui.core.version import version
from gradtui.runstore.files.disk_use import disk_use
from gradtui.runstore.files.reading import any_numbers, in_a_sentence
from gradtui.runstore.files.run_folders import is_run
from gradtui.runstore.format.note_file import NOTE
from gradtui.runstore.reader.runs import summary
from gradtui.runstore.writer.control_file import NAME as CONTROL

NO_NEWS = frozenset({NOTE, CONTROL})
"""Files that say nothing about how a run went."""
BORNE = 8
"""Deaths in a row that are borne."""
LONGEST = 600
"""Characters of a finding's evidence."""


class ProcessExaminer:
    """A process that answers; another one in its place where it dies."""

    def __init__(self) -> None:
        """To be made before the app runs: what multiprocessing starts beside its first process gets
        standard error, and Textual puts something there that is no file."""
        ensure_running()
        self._worker: Worker | None = None
        self._deaths = 0
        self._answered: Callable[[Request, object], None] = print

    def start(self, answered: Callable[[Request, object], None]) -> None:
        self._answered = answered
        self._worker = Worker(examined)
        self._listen()

    @property
    def busy(self) -> bool:
        return self._worker is None or self._worker.busy

    def ask(self, request: Request) -> None:
        assert self._worker is not None
        self._worker.give(request)

    def end(self) -> None:
        if self._worker is not None:
            worker, self._worker = self._worker, None
            if not worker.connection.closed:
                asyncio.get_running_loop().remove_reader(worker.connection.fileno())
            worker.end()

    def _listen(self) -> None:
        assert self._worker is not None
        asyncio.get_running_loop().add_reader(self._worker.connection.fileno(), self._ready)

    def _ready(self) -> None:
        if self._worker is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._worker.connection.fileno())  # of one that has died it is another
        request, answer = self._worker.finish()
        self._deaths = self._deaths + 1 if isinstance(answer, Crashed) else 0
        if self._deaths > BORNE:  # it cannot even be started, and would be for ever
            self.end()
        else:
            self._listen()
        if request is not None:
            self._answered(
                request, answer if not isinstance(answer, Crashed) else Unanswered(answer.why)
            )


def examined(request: Request) -> object:
    """The answer to a request."""
    try:
        match request:
            case ListRuns():
                return listed_runs(request.home, request.most)
            case LookAt():
                return [_looked(path) for path in request.paths]
            case Judge():
                return judgement(request.path)
            case Compare():
                return _compared(request)
            case WritePage():
                return _page(request)
    except GradtuiError as error:
        return Unanswered(str(error))


def listed_runs(home: Path, most: int | None = None) -> list[tuple[str, int]]:
    """The names of the runs in `home`, and when their directories have changed; the newest first."""
    found = []
    try:
        for path in home.iterdir():
            if is_run(path):
                found.append((path.name, _modified(path)))
    except OSError:
        return []
    return sorted(found, reverse=True)[:most]


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _looked(path: Path) -> Look:
    used = disk_use(path, NO_NEWS)
    return Look(summary(path), used.size, used.stamp)


def judgement(path: Path) -> Judgement:
    """What the doctor says of a run as it stands, and how its loss went."""
    from gradtui.doctor.diagnose import diagnose
    from gradtui.runstore.reader.load import facts_of, load
    from gradtui.runstore.reader.loss_range import loss_range

    stamp = disk_use(path, NO_NEWS).stamp
    try:
        with in_a_sentence(path), any_numbers():
            loaded = load(path)
            losses = loss_range(loaded)
            told = diagnose(facts_of(loaded))
    except GradtuiError as error:
        return Judgement(stamp, trouble=str(error))
    first = told.findings[0] if told.findings else None
    return Judgement(
        stamp,
        told.verdict,
        int(told.severity),
        told.decided,
        (first.evidence if first is not None else told.why)[:LONGEST],
        first.first_step if first is not None else -1,
        losses.final,
        losses.best,
        losses.best_step,
    )


def _compared(request: Compare) -> str:
    from gradtui.commands.compare import compared_runs, comparison_lines
    from gradtui.commands.output import Paint

    with any_numbers():
        said = compared_runs(request.one, request.other)
        return "\n".join(comparison_lines(said, Paint(request.color)))


def _page(request: WritePage) -> Path:
    from gradtui.commands.export import run_page
    from gradtui.runstore.export.output import written

    made = run_page(request.path)
    stem = f"gradtui-{request.path.name}"
    for number in range(1, 10_000):
        path = request.folder / (f"{stem}.html" if number == 1 else f"{stem}-{number}.html")
        if not path.exists() and not path.is_symlink():
            with written(path) as file:
                file.write(made.encode("utf-8", "backslashreplace"))
            return path
    raise GradtuiError(f"there are too many pages of {stem} already.")


def doctors_word() -> str:
    """Another word once the doctor has changed: no verdict of another one is to be remembered."""
    from gradtui import doctor

    seen = [version()]
    for path in sorted(Path(doctor.__file__).parent.rglob("*.py")):
        found = path.stat()
        seen.append(f"{path.name} {found.st_size} {found.st_mtime_ns}")
    return blake2s("\n".join(seen).encode(), digest_size=12).hexdigest()
