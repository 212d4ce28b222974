"""`gradtui attach --pid`: into a process that runs already, and out of it again."""

import os
import pwd
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import gradtui
from gradtui.commands.settings import Settings
from gradtui.core.control import Detach
from gradtui.core.errors import GradtuiError, UsageError
from gradtui.core.text import printable
from gradtui.inject.first_words import Wish, first_words
from gradtui.inject.obstacles import IN_CONTAINER, by_python, obstacle, system_obstacle
from gradtui.inject.process_table import ProcessFacts, facts_of
from gradtui.inject.surroundings import surroundings
from gradtui.runstore.format.attach_json import (
    DETACHED,
    RECORDING,
    REFUSED,
    WAITING,
    AttachAnswer,
    read_answer,
    write_answer,
)
from gradtui.runstore.writer.control_file import send_control

PATIENCE = 30.0
"""Seconds that a process gets to begin."""
MORE = 3.0
"""Seconds after those in which an answer may still come."""
GLANCE = 0.05
LEAVING = 60.0
"""Seconds that it gets to let go."""


class EndedError(GradtuiError):
    """A process that is to let go has ended."""


def process_of(pid: int) -> ProcessFacts:
    """Raises UsageError where there is no such process, or where it cannot be attached to."""
    here = surroundings()
    why = system_obstacle(here)
    process = None if why else facts_of(pid)
    if process is None:
        raise UsageError(f"{why}." if why else f"there is no process {pid}; see 'gradtui ps'.")
    return process


def act_as_user_of(process: ProcessFacts) -> None:
    """Of the superuser: whatever follows is done, and its files are made, as the user of the process, which
    is to write to them too; but for what is within `full_rights`."""
    if os.geteuid() != 0 or process.user <= 0:
        return
    try:
        user = pwd.getpwuid(process.user)
    except KeyError:
        raise UsageError(f"process {process.pid} belongs to a user that is not known.") from None
    os.environ["HOME"] = user.pw_dir
    os.environ.pop("XDG_STATE_HOME", None)
    os.initgroups(user.pw_name, user.pw_gid)
    os.setegid(user.pw_gid)
    os.seteuid(user.pw_uid)


@contextmanager
def full_rights() -> Iterator[None]:
    """The rights that the program was started with."""
    acting = os.geteuid()
    os.seteuid(os.getuid())
    try:
        yield
    finally:
        os.seteuid(acting)


def refuse_impossible(process: ProcessFacts) -> None:
    """Raises UsageError that says what would help."""
    why = obstacle(process, surroundings())
    if why:
        raise UsageError(f"process {process.pid} cannot be attached to: {why}.")


def attach_to(
    process: ProcessFacts, settings: Settings, patience: float = PATIENCE
) -> tuple[Path, AttachAnswer]:
    """Have a process record itself from its next step on: the run's directory, and what it has answered.

    Raises UsageError, GradtuiError."""
    refuse_impossible(process)
    directory = _new_directory(process, settings.runs)
    wish = Wish(
        str(directory.resolve()),
        overhead=settings.overhead / 100,
        autopsy=settings.autopsy,
        catch_nan=settings.catch_nan,
        deadline=time.time() + patience,
    )
    package = str(Path(gradtui.__file__).resolve().parent)
    try:
        stood = _hand_over(process, lambda file: first_words(wish, package, file))
        answer = _answered(directory, process.pid, wish.deadline + MORE)
    except BaseException:
        _give_up(directory)
        raise
    if answer.state != RECORDING:
        _discard(directory)
        raise GradtuiError(f"process {process.pid} is not recorded: {answer.why}.")
    return directory, AttachAnswer(
        answer.state,
        answer.pid,
        stood_still=answer.stood_still + stood,
        steps_before=answer.steps_before,
    )


def _new_directory(process: ProcessFacts, runs: str) -> Path:
    from gradtui.runstore.files.run_folders import new_run, runs_home
    from gradtui.runstore.writer.launch_record import record_attachment

    directory = new_run(runs_home(runs), process.command)
    try:
        record_attachment(directory, process.command, process.pid)
        write_answer(directory, AttachAnswer(WAITING, process.pid))
    except OSError as error:
        _discard(directory)
        where = printable(str(directory.parent))
        raise UsageError(f"no run can be kept in {where} ({error.strerror}); see --runs") from None
    return directory


def _give_up(directory: Path) -> None:
    """Nobody waits any more: what has begun all the same ends."""
    answer = read_answer(directory)
    if answer is not None and answer.state == RECORDING:
        send_control(directory, Detach())
    else:
        _discard(directory)


def _discard(directory: Path) -> None:
    """Nothing has been recorded."""
    with suppress(OSError):
        if not any(path.name.startswith("steps") for path in directory.iterdir()):
            for path in directory.iterdir():
                path.unlink()
            directory.rmdir()


def _hand_over(process: ProcessFacts, source: Callable[[str], str]) -> float:
    """Have a process run what `source` gives for the file that it is read from, "" for none: seconds that
    its main thread has stood still. Raises GradtuiError."""
    if by_python(process, surroundings()):
        return _remote_exec(process, source)
    from gradtui.inject.pending_call import HandOverError, hand_over
    from gradtui.inject.stopped_thread import ProcessEndedError, ThreadBusyError

    try:
        with full_rights():
            return hand_over(process.pid, source(""))
    except HandOverError as error:
        why = str(error)
    except ProcessEndedError:
        why = "it has ended"
    except ThreadBusyError:
        why = "its main thread cannot be stopped just now: try again"
    except PermissionError:
        why = f"the system does not permit it: {IN_CONTAINER}"
    except (OSError, ValueError) as error:
        why = f"{getattr(error, 'strerror', None) or error}"
    raise GradtuiError(f"process {process.pid} cannot be attached to: {why}.")


def _remote_exec(process: ProcessFacts, source: Callable[[str], str]) -> float:
    """By Python itself, which reads the text from a file when it comes to it. Nobody else may remove that
    file: Python would complain of it in the program's own output."""
    run: Callable[[int, str], None] = vars(sys)["remote_exec"]
    number, path = tempfile.mkstemp(prefix="gradtui-", suffix=".py")
    try:
        os.write(number, source(path).encode())
    finally:
        os.close(number)
    try:
        with full_rights():
            run(process.pid, path)
    except (OSError, RuntimeError, PermissionError) as error:
        Path(path).unlink(missing_ok=True)
        why = f"the system does not permit it: {IN_CONTAINER}"
        if not isinstance(error, PermissionError):
            why = printable(str(error))
        raise GradtuiError(f"process {process.pid} cannot be attached to: {why}.") from None
    return 0.0


def is_gone(pid: int) -> bool:
    """Whether a process has ended, though its parent may not have asked for its exit code yet."""
    facts = facts_of(pid)
    return facts is None or facts.state in "ZX"


def _answered(directory: Path, pid: int, until: float) -> AttachAnswer:
    """Raises GradtuiError where none comes in time."""
    while time.time() < until:
        answer = read_answer(directory)
        if answer is not None and answer.state in (RECORDING, REFUSED):
            return answer
        if is_gone(pid):
            raise GradtuiError(f"process {pid} has ended before it could be recorded.")
        time.sleep(GLANCE)
    raise GradtuiError(
        f"process {pid} is not recorded: its main thread has not come to Python code in time, as where "
        "it waits for other threads or in a long call; nothing will be begun later."
    )


def is_let_go(directory: Path) -> bool:
    """Whether a process that was attached to has let go by now, or ended."""
    answer = read_answer(directory)
    return answer is None or answer.state == DETACHED or is_gone(answer.pid)


def detach_from(directory: Path, patience: float = LEAVING) -> AttachAnswer:
    """Have a process let go of what was done to it. Raises GradtuiError where it does not in time."""
    if not send_control(directory, Detach()):
        raise GradtuiError(f"nothing can be written to {printable(str(directory))}.")
    until = time.time() + patience
    while time.time() < until:
        answer = read_answer(directory)
        if answer is not None and answer.state == DETACHED:
            return answer
        if answer is not None and is_gone(answer.pid):
            raise EndedError(f"process {answer.pid} has ended meanwhile.")
        time.sleep(GLANCE)
    raise GradtuiError(
        "the process has not let go yet: it does so once it comes between two steps, and has been asked."
    )
