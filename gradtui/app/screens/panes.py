"""The panes beside the layers: which of them are in sight, and whether the layers are."""

from gradtui.app.geometry import Arrangement
from gradtui.app.view import View
from gradtui.core.logged import LAYERS, NOTHING

NONE_ABSENT: frozenset[str] = frozenset()
UNKEPT = frozenset(("log",))
CHARTS = frozenset(("loss", "norm"))


def in_sight(
    kind: Arrangement, names: tuple[str, ...], chosen: str, without: frozenset[str] = NONE_ABSENT
) -> set[str]:
    """Where they are tabs, the chosen one; else those that there is room for. Those in `without` are left
    out where there is room for all; of a log without layers the charts have their place."""
    charts: set[str] = set(CHARTS - without) if "heat" in without else set()
    match kind:
        case "tiny":
            return set()
        case "narrow":
            return {"findings"} | charts
        case "wide" | "broad":
            return set(names) - {"heat"} - without  # the heat map stands beside the layers
        case _:
            return {chosen} | charts


def layers_in_sight(kind: Arrangement, without: frozenset[str]) -> bool:
    """Whether the layers are: a single row of all parameters where it takes no room from the charts."""
    return "depth" not in without and (kind in ("wide", "broad") or "heat" not in without)


def absent(view: View) -> frozenset[str]:
    """Panes that there is nothing for: the output where it is not kept; of the log of another tool, which may
    have no layers, no norms and no loss, also "depth"."""
    logged = view.info.logged if view.info is not None else None
    if logged is None:
        printed = view.mode == "lab" or view.outside.kept or view.outside.log
        return NONE_ABSENT if printed else UNKEPT
    nothing = logged.gradients == NOTHING
    missing = {"loss": not logged.loss, "norm": nothing, "depth": nothing}
    missing["heat"] = logged.gradients != LAYERS
    return frozenset(name for name, gone in missing.items() if gone)
