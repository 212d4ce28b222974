"""What the names of logged series mean. Pure: names in, meanings out; no value is looked at."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gradtui.runstore.logs.series import HISTOGRAM

LOSS, VALIDATION, RATE, NORM, LAYER = "loss", "validation loss", "lr", "total norm", "layer norm"

PART = 5
"""Rank of a loss that may be a part of one, or one side's of several."""

SPLIT = re.compile(r"[/\\._\-: ]+")
PLAIN = frozenset(
    (
        *("train", "training", "trainer", "step", "steps", "iter", "iteration", "batch", "total"),
        *(
            "global",
            "all",
            "overall",
            "optim",
            "optimizer",
            "model",
            "metrics",
            "monitoring",
            "log",
        ),
    )
)
"""Words beside "loss" or "grad norm" that do not make it another quantity."""
AVERAGED = frozenset(["epoch", "mean", "avg", "average", "running", "smooth", "smoothed", "ema"])
HELD_OUT = frozenset(["val", "valid", "validation", "eval", "evaluation", "test", "dev", "holdout"])
GRADIENT = frozenset(["grad", "grads", "gradient", "gradients"])
CLIPPED = frozenset(["clipped", "after", "post"])
UNCLIPPED = frozenset(["unclipped", "before", "pre", "clip", "clipping", "raw", "l2"])
RATES = re.compile(r"(?:^|[/._\- ])(?:lr|learning[_\- ]?rate)(?:$|[/._\- ])", re.IGNORECASE)

OF_ORDER = re.compile(r"(?:^|.*/)grad_(?P<order>\d+(?:\.\d+)?|inf)_norm(?P<rest>_total|/.+)")
"""Lightning's `grad_norm`: grad_2.0_norm/NAME, grad_2.0_norm_total."""
BEHIND = re.compile(
    r"(?:^|.*?/)(?:grad(?:ient)?s?_norms?|grad(?:ient)?s?/norms?)/(?P<layer>.+)", re.IGNORECASE
)
BEFORE = re.compile(r"(?P<layer>.+?)[/.](?:grad(?:ient)?_norm|grad(?:ient)?s?/norm)", re.IGNORECASE)
COUNTED = (
    re.compile(r"(?:^|.*?/)grad(?:ient)?s?[/.](?P<layer>.+)", re.IGNORECASE),
    re.compile(r"(?P<layer>.+?)[/._]grad(?:ient)?s?", re.IGNORECASE),
)
"""Histograms: gradients/NAME as wandb.watch has it, NAME.grad, NAME/grad."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a series is. Of several that mean the same the one of the lowest `rank` is taken."""

    what: str
    """LOSS, VALIDATION, RATE, NORM or LAYER."""
    layer: str = ""
    """The tensor's name, of a LAYER."""
    rank: int = 0


def meanings(kinds: Mapping[str, str] | Iterable[tuple[str, str]]) -> dict[str, Meaning]:
    """{name: kind of series} -> {name: meaning}, of those names that have one for us.

    A name such as "x/grad_norm" is the norm of a layer where several of its kind differ in x, and of
    everything where there is only one.
    """
    pairs = dict(kinds)
    found = {name: m for name, kind in pairs.items() if (m := _meaning(name, kind)) is not None}
    alone = [n for n, m in found.items() if m.what == LAYER and BEFORE.fullmatch(n)]
    if len(alone) == 1 and pairs[alone[0]] != HISTOGRAM:
        found[alone[0]] = Meaning(NORM, rank=3)
    return found


def orders(names: Iterable[str]) -> list[str]:
    """The orders, other than 2, of the norms that are among these names."""
    matches = (OF_ORDER.fullmatch(name) for name in names)
    return sorted({m["order"] for m in matches if m and not _is_two(m["order"])})


def by_number(name: str) -> list[tuple[int, str]]:
    """Sorts "net.2" before "net.10": where a writer sorts by letter, layers should stand in the order of
    depth, as far as their names tell."""
    parts = re.split(r"(\d+)", name)
    return [(int(part[:18]), "") if part.isdecimal() else (-1, part) for part in parts if part]


def _is_two(order: str) -> bool:
    return order != "inf" and float(order) == 2


def _meaning(name: str, kind: str) -> Meaning | None:
    if kind == HISTOGRAM:
        match = next((m for pattern in COUNTED if (m := pattern.fullmatch(name))), None)
        return Meaning(LAYER, match["layer"], 1) if match else None
    words = [word for word in SPLIT.split(name.lower()) if word]
    norm = _norm(name, words)
    if norm is not None:
        return norm
    if RATES.search(name) and not (HELD_OUT | {"scheduler", "loss"}).intersection(words):
        return Meaning(RATE)
    return _loss(words)


def _norm(name: str, words: list[str]) -> Meaning | None:
    of_order = OF_ORDER.fullmatch(name)
    if of_order:
        if not _is_two(of_order["order"]):
            return None
        rest = of_order["rest"]
        return Meaning(NORM) if rest == "_total" else Meaning(LAYER, rest[1:])
    known = GRADIENT.intersection(words) and {"norm", "norms"}.intersection(words)
    if not known and "gnorm" not in words:
        return None
    others = set(words) - GRADIENT - {"norm", "norms", "gnorm", "2", "0"} - PLAIN
    if not others - UNCLIPPED:
        return Meaning(NORM, rank=1 if others else 0)
    if CLIPPED & others and not others - CLIPPED - UNCLIPPED - {"clip"}:
        return Meaning(NORM, rank=4)
    for pattern in (BEHIND, BEFORE):
        match = pattern.fullmatch(name)
        if match:
            return Meaning(LAYER, match["layer"])
    return None


def _loss(words: list[str]) -> Meaning | None:
    if "loss" not in words:
        return None
    others = set(words) - {"loss"}
    if others & HELD_OUT:
        return Meaning(VALIDATION, rank=len(others))
    if others - PLAIN - AVERAGED:
        return Meaning(LOSS, rank=PART)
    if others & AVERAGED:
        return Meaning(LOSS, rank=2)
    # The Trainer's "train/train_loss" is the mean of a whole run.
    return Meaning(LOSS, rank=1 if len(words) > len(set(words)) else 0)
