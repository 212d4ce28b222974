"""Watch a run that is being recorded, live, or a training that runs already.

examples:
  gradtui attach                  the newest run
  gradtui attach train@last       the newest whose name has "train" in it
  gradtui attach /scratch/runs/20261121-063337-train-3f9a07
  gradtui attach 3f9a07 train@last    two runs or more, overlaid
  gradtui attach train@last --to otlp=http://localhost:4318
  gradtui attach --pid 4711       a process that was started without gradtui (gradtui ps lists them)
  gradtui attach --pid 4711 --headless    only record it
  gradtui attach --pid 4711 --detach      end that: every hook off, training goes on

A run goes by its name, by a part that only one name has, by part@last, or by its path. Several, up
to eight, live, ended, or logs of other tools, are laid over one another: loss, total norm and what
they have logged, each in its own colour, by steps or by time, with the values of all at a cursor;
enter shows the layers of one beside those of another.

Runs are recorded by gradtui run, or by gradtui.watch(model) in a script. Several viewers may look
at one run; none of them can hold it up. A run on another machine's file system opens as well.

With --pid a Python process with torch records itself from its next step on, until it ends or is let
go of. Of a process that is recorded already the run is shown. Linux on x86-64, and Python 3.14 on
both sides elsewhere on Linux; docs/attach.md says what is done to it and what may be in the way.

With --to what is seen is sent to another tool as well, from the run's beginning and for as long as
the screen is open: tensorboard=DIR, wandb, mlflow=URI, otlp=URL, as with gradtui run. With --pid
and --headless it goes on until the run is over.
"""

import argparse
from pathlib import Path

from gradtui.commands.completers import recorded
from gradtui.commands.forward.address import add_to, refuse_unsendable
from gradtui.commands.forward.folder import run_name
from gradtui.commands.forward.forwarder import Forwarder, sending
from gradtui.commands.output import say, warn
from gradtui.commands.recorded import given
from gradtui.commands.settings import Settings
from gradtui.commands.shell import offering
from gradtui.commands.values import process_number
from gradtui.core.errors import UsageError

SETTINGS = (
    "fps",
    "theme",
    "ascii",
    "charts",
    "color",
    "bell",
    "runs",
    "overhead",
    "autopsy",
    "catch_nan",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_argument(
        "run", nargs="*", metavar="RUN", help="name, part of it, part@last, or path; or several"
    )
    offering(which, recorded)
    add_to(parser)
    parser.add_argument(
        "--pid", type=process_number, metavar="PID", help="a process that trains already"
    )
    parser.add_argument("--headless", action="store_true", help="with --pid: no screen")
    parser.add_argument(
        "--detach", action="store_true", help="with --pid: end the recording, not the training"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    if args.pid is not None:
        return _process(args, settings)
    if args.headless or args.detach:
        word = "--detach" if args.detach else "--headless"
        raise UsageError(f"{word} is for --pid; 'gradtui ps' lists processes.")
    if len(args.run) > 1:
        return _several(args, settings)
    from gradtui.app.terminal import refuse_without_terminal
    from gradtui.commands.run_screen import watch
    from gradtui.runstore.files.run_folders import find_run, runs_home

    refuse_without_terminal("gradtui export RUN")
    directory = find_run(given(args.run[0] if args.run else None), runs_home(settings.runs))
    refuse_unsendable(args.to, run_name(directory))
    with sending(args.to, directory):
        return watch(directory, settings)


def _several(args: argparse.Namespace, settings: Settings) -> int:
    from gradtui.app.terminal import refuse_without_terminal
    from gradtui.commands.overlay_screen import named_runs, show_overlay

    if args.to:
        raise UsageError("--to sends one run: attach to each of several by itself.")
    refuse_without_terminal("gradtui compare RUN RUN")
    with named_runs(args.run, settings) as runs:
        return show_overlay(runs, settings)


def _process(args: argparse.Namespace, settings: Settings) -> int:
    from gradtui.commands.attach_process import (
        act_as_user_of,
        attach_to,
        process_of,
        refuse_impossible,
    )
    from gradtui.commands.recorded_processes import attached_run, run_of
    from gradtui.commands.run_screen import watch
    from gradtui.runstore.files.run_folders import runs_home

    if args.run:
        raise UsageError("give a run or --pid, not both.")
    process = process_of(args.pid)
    act_as_user_of(process)
    known = run_of(process, runs_home(settings.runs))
    if args.detach:
        if args.to:
            raise UsageError("--detach ends a recording: there is nothing to send with --to.")
        if known is None or not attached_run(known):
            how = "is not recorded" if known is None else "was started with its recording"
            raise UsageError(f"process {args.pid} {how}: there is nothing to detach.")
        return _let_go(args.pid, known)
    if known is None:
        refuse_impossible(process)
    if not args.headless:
        from gradtui.app.terminal import refuse_without_terminal

        refuse_without_terminal(f"gradtui attach --pid {args.pid} --headless")
    refuse_unsendable(args.to, "" if known is None else run_name(known))
    if known is None:
        known, answer = attach_to(process, settings)
        warn(
            f"process {args.pid} records itself from its next step on; it stood still for "
            f"{_ms(answer.stood_still)}"
        )
    if args.headless:
        Forwarder(args.to, known).leave()
        say(str(known))
        return 0
    with sending(args.to, known):
        return _shown(args.pid, known, settings) if attached_run(known) else watch(known, settings)


def _shown(pid: int, directory: Path, settings: Settings) -> int:
    from gradtui.commands.attach_process import is_let_go
    from gradtui.commands.run_screen import watch

    asked: list[bool] = []
    code = watch(directory, settings, let_go=lambda: asked.append(True))
    if asked:
        return code or _let_go(pid, directory)
    if not is_let_go(directory):
        warn(
            f"process {pid} goes on recording itself; 'gradtui attach --pid {pid}' shows it again, and "
            "with --detach it is let go of"
        )
    return code


def _let_go(pid: int, directory: Path) -> int:
    from gradtui.commands.attach_process import EndedError, detach_from

    try:
        answer = detach_from(directory)
    except EndedError as ended:  # meanwhile: there is nothing left to let go of
        warn(str(ended))
        say(str(directory))
        return 0
    warn(f"process {pid} is let go of, and trains on; it stood still for {_ms(answer.stood_still)}")
    say(str(directory))
    return 0


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds >= 0.001 else f"{1000 * seconds:.1f} ms"
