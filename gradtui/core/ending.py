"""How a recorded command has ended, and in words: what comes before every verdict on it."""

from dataclasses import dataclass
from signal import SIGKILL, Signals

from gradtui.core.text import printable

LONGEST = 300
"""Characters of an exception's message that are quoted."""
BREAKS_OFF = "the record breaks off: its process left without cleaning up (os._exit), or still runs"
"""Of a command that has exited 0."""
LATE = 1.2
"""Seconds for which a step may wait to be written, while there is processor time to do it."""
_HINTS = {128 + SIGKILL: " (by somebody, or by the kernel for want of memory)"}


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known of the end of a command, and of what its record lacks."""

    code: int | None = None
    """What the command ended with, 128+n after signal n; None while it runs or nobody knows."""
    exception: str = ""
    """The exception that ended it, on one line."""
    step: int = -1
    """The step at which that was raised; -1: not known."""
    dropped: int = 0
    """Steps that are in no file because the disk did not take them, as far as was told."""
    bare: int = 0
    """Steps that for the same reason have scalars only."""
    why: str = ""
    """What the disk has said."""
    whole: bool = True
    """Whether the record has an end of its own. Where it has none it breaks off: the process was
    killed, left without cleaning up, or could not write any more."""
    late: int = 0
    """Where it breaks off, how many steps the program takes in LATE seconds; 0: not known."""

    @property
    def failed(self) -> bool:
        """Whether the command itself did not end well."""
        return bool(self.code) or bool(self.exception)

    @property
    def troubled(self) -> bool:
        """Whether anything is missing in the record for want of room."""
        return bool(self.dropped or self.bare or self.why)


def signal_name(code: int | None) -> str | None:
    """ "SIGKILL" for 137; None where a code is of no signal."""
    try:
        return Signals((code or 0) - 128).name
    except ValueError:
        return None


def ending_word(code: int) -> str:
    """ "exited 0", "exited with 7", "killed by SIGKILL"; 128+n is signal n, as in a shell."""
    if code == 0:
        return "exited 0"
    name = signal_name(code)
    return f"killed by {name}" if name else f"exited with {code}"


def one_line(message: str) -> str:
    """The first line of an exception's message, safe to show and not too long."""
    first = next((line.strip() for line in message.splitlines() if line.strip()), "")
    first = printable(first)
    return first if len(first) <= LONGEST else first[: LONGEST - 3] + "..."


def ending_sentences(end: Ending) -> tuple[str, ...]:
    """The end itself, the exception, what the record lacks; nothing where all went well."""
    out = []
    if end.code:
        out.append(ending_word(end.code) + _HINTS.get(end.code, ""))
    elif not (end.whole or end.exception or end.troubled):
        out.append(BREAKS_OFF)
    if end.exception:
        at = f" (at step {end.step:,})" if end.step >= 0 else ""
        out.append(f"{one_line(end.exception)}{at}")
    if out and end.late and not (end.whole or end.troubled):
        steps = "1 step" if end.late == 1 else f"{end.late:,} steps"
        out[-1] += (
            f"; up to some {steps} after the last one on disk may be missing ({LATE:g} s of them, more "
            "on a busy machine)"
        )
    return (*out, *trouble_sentences(end))


def trouble_sentences(end: Ending) -> tuple[str, ...]:
    """What the record lacks because the disk did not take it."""
    why = f": {printable(end.why)}" if end.why else ""
    least = "" if end.whole else "at least "
    out = []
    if end.dropped:
        steps, verb = ("step", "is") if end.dropped == 1 else ("steps", "are")
        out.append(f"{least}{end.dropped:,} {steps} {verb} in no file{why}")
    if end.bare:
        steps, verb = ("step", "has") if end.bare == 1 else ("steps", "have")
        out.append(f"{least}{end.bare:,} {steps} {verb} no gradients on disk{why}")
    if end.why and not out:
        out.append(f"the record could not be written to its end{why}")
    return tuple(out)
