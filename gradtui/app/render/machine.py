"""How busy the machine is, in a few words."""

from collections.abc import Callable, Sequence
from math import isnan

from gradtui.app.render.line import Piece
from gradtui.core.machine_load import GpuLoad, MachineLoad

FULL = 0.92
"""Share of the memory from which on somebody may soon be killed for it."""


def machine_pieces(load: MachineLoad | None, ascii_only: bool) -> list[list[Piece]]:
    """What is known, in the order of worth; of several GPUs the range, and the most."""
    if load is None:
        return []
    out = _gpus(load.gpus, ascii_only)
    if not isnan(load.used) and not isnan(load.total):
        full = "warn" if load.used > FULL * load.total else ""
        out.append([("memory ", "quiet"), (_of(load.used, load.total), full)])
    if not isnan(load.resident):
        out.append([("process ", "quiet"), (size(load.resident), "")])
    if not isnan(load.load):
        cores = f"/{load.cores}" if load.cores else ""
        out.append([("load ", "quiet"), (f"{load.load:.1f}{cores}", "")])
    return out


def _gpus(gpus: Sequence[GpuLoad], ascii_only: bool) -> list[list[Piece]]:
    if not gpus:
        return []
    name = f"GPU {gpus[0].index} " if len(gpus) == 1 else f"{len(gpus)} GPUs "
    busy = _known(gpus, lambda one: one.busy)
    fullest = max(gpus, key=lambda one: one.used / one.total if one.total > 0 else -1.0)
    heat, watts = _known(gpus, lambda one: one.celsius), _known(gpus, lambda one: one.watts)
    words = []
    if busy:
        low, high = round(100 * min(busy)), round(100 * max(busy))
        words.append(f"{low}%" if low == high else f"{low}-{high}%")
    if not isnan(fullest.used) and not isnan(fullest.total):
        words.append(_of(fullest.used, fullest.total))
    out: list[list[Piece]] = [[(name, "quiet"), (" ".join(words) or "?", "")]]
    if heat:
        out.append([(f"{max(heat):.0f} {'C' if ascii_only else '°C'}", "")])
    if watts:
        out.append([(f"{sum(watts):,.0f} W", "")])
    return out


def _known(gpus: Sequence[GpuLoad], value: Callable[[GpuLoad], float]) -> list[float]:
    return [v for one in gpus if not isnan(v := value(one))]


def _of(used: float, total: float) -> str:
    """ "31/80 GiB": both in the unit of the whole."""
    scale, unit = _unit(total)
    return f"{_short(used / scale)}/{_short(total / scale)} {unit}"


def size(count: float) -> str:
    """Bytes in two or three digits: "640 MiB", "1.2 GiB"."""
    scale, unit = _unit(count)
    return f"{_short(count / scale)} {unit}"


def _unit(count: float) -> tuple[float, str]:
    return (2.0**30, "GiB") if count >= 2**30 else (2.0**20, "MiB")


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 9.95 else f"{value:.0f}"
