"""Events and controls as JSON objects, and back. What is not understood becomes None."""

from math import isnan
from typing import Any, TypeGuard

from gradtui.core.control import Control, Detach, Pause, RecordAll, Resume, SetPace, StepOnce, Stop
from gradtui.core.event import (
    Building,
    Ended,
    Event,
    Failed,
    NonFiniteSeen,
    Paused,
    Resumed,
)
from gradtui.core.snapshot import NonFinite
from gradtui.runstore.format.nan_trace_json import autopsy_from, autopsy_json
from gradtui.runstore.format.records import LATEST

FASTEST = 1e12
"""Steps a second that anybody can ask for."""
PLACE = ("phase", "module", "tensor")
LONGEST_TEXT = 100_000
"""Characters of a traceback that are kept: its end."""


def is_step(value: object) -> TypeGuard[int]:
    """Whether that is a number of a step, or the -1 that stands before the first."""
    return isinstance(value, int) and not isinstance(value, bool) and -1 <= value < LATEST


def event_json(event: Event) -> dict[str, Any]:
    """An event without its arrays; `Started` is written by who knows the generation."""
    match event:
        case Building(what=what):
            return {"kind": "building", "what": what}
        case NonFiniteSeen(snapshot=snapshot):
            seen = snapshot.nonfinite or NonFinite(snapshot.step, "", "", "")
            return nonfinite_json(seen)
        case Paused(step=step):
            return {"kind": "paused", "step": step}
        case Resumed():
            return {"kind": "resumed"}
        case Ended(step=step, reason=reason):
            return {"kind": "ended", "step": step, "reason": reason}
        case Failed(step=step, message=message, traceback=traceback, loss=loss):
            known = {} if isnan(loss) else {"loss": loss}
            return {
                "kind": "failed",
                "step": step,
                "message": message[-LONGEST_TEXT:],
                "traceback": traceback[-LONGEST_TEXT:],
            } | known
        case _:
            return {"kind": "started"}


def nonfinite_json(seen: NonFinite) -> dict[str, Any]:
    place = {name: getattr(seen, name) for name in ("step", *PLACE)}
    found = {} if seen.autopsy is None else {"autopsy": autopsy_json(seen.autopsy)}
    return {"kind": "nonfinite"} | place | found


def nonfinite_from(data: dict[str, Any]) -> NonFinite | None:
    """Where a "nonfinite" event says that it showed."""
    step = data.get("step")
    if data.get("kind") != "nonfinite" or not is_step(step):
        return None
    phase, module, tensor = (str(data.get(name, "")) for name in PLACE)
    return NonFinite(step, phase, module, tensor, autopsy_from(data.get("autopsy")))


def event_from(data: dict[str, Any], run: int) -> Event | None:
    """The event that a line of an events file tells; None for those with arrays and unknown ones."""
    step = data.get("step", -1)
    if not is_step(step):
        return None
    match data.get("kind"):
        case "building":
            return Building(run, str(data.get("what", "")))
        case "paused":
            return Paused(run, step)
        case "resumed":
            return Resumed(run)
        case "ended":
            return Ended(run, step, str(data.get("reason", "finished")))
        case "failed":
            message, trace = str(data.get("message", "")), str(data.get("traceback", ""))
            return Failed(run, step, message, trace)
        case _:
            return None


def control_json(control: Control) -> dict[str, Any] | None:
    """None for a `Start`: only the lab can start runs."""
    match control:
        case Pause():
            return {"ask": "pause"}
        case Resume():
            return {"ask": "resume"}
        case StepOnce():
            return {"ask": "step"}
        case SetPace(steps_per_s=pace):
            return {"ask": "pace", "steps_per_s": pace}
        case RecordAll(on=on):
            return {"ask": "record", "every_step": on}
        case Stop():
            return {"ask": "stop"}
        case Detach():
            return {"ask": "detach"}
        case _:
            return None


def control_from(data: dict[str, Any]) -> Control | None:
    match data.get("ask"):
        case "pause":
            return Pause()
        case "resume":
            return Resume()
        case "step":
            return StepOnce()
        case "stop":
            return Stop()
        case "detach":
            return Detach()
        case "record":
            on = data.get("every_step")
            return RecordAll(on) if isinstance(on, bool) else None
        case "pace":
            pace = data.get("steps_per_s")
            if isinstance(pace, (int, float)) and 0 <= pace <= FASTEST:
                return SetPace(float(pace))
            return None
        case _:
            return None
