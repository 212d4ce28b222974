"""Whether something else than the optimizer writes the weights: takes each step back, or many at once now
and then (averages that are copied into the model, a checkpoint that is loaded), pulls them towards where they
were at first (a net that should follow them), or moves them about.

One small weight is looked at. Between two steps its version says whether anything has written to it in place;
where that is so again and again, what has come of a step by the time of the next one is compared with the
step itself, and how far the weight was moved with the length of a step.
"""

import weakref
from collections.abc import Callable

import torch
from torch import Tensor

from gradtui.core.wiring import (
    MOVED_BETWEEN,
    PULLED_BACK,
    STEPS_UNDONE,
    WEIGHTS_LOADED,
    Faults,
)
from gradtui.instrument.param_groups import ParamGroup
from gradtui.patching.cuda_capture import capturing
from gradtui.patching.own_errors import suppress_own
from gradtui.stats.tensors import PLAIN_TYPES

ENOUGH = 8
"""Pairs of steps, one after the other, that have to agree."""
LOOKS, MOST_BEGUN = 64, 256
"""Pairs of steps after which it is left open, and steps, where few of them come one after the other."""
MOST = 1 << 16
"""Elements of the weight that is looked at."""
KEPT = 0.1
"""Of the length of a step: what is left of one that was taken back."""
OFTEN, FAR = 4, 4.0
"""How often a weight has to be moved by something else, and by how many steps at once."""
STILL = 1e-3
"""Of a step: what was written and put back has moved nothing."""
MUCH = 0.3
"""Of a step: more than what keeps weights in bounds moves them by."""
STRAIGHT, EVENLY = 0.999, 0.1
"""Cosine of a pull and the way back to the first weight; and by what part of it its share of that way may
differ from one step to another."""
FIRMLY = 0.005
"""Of the way back: less is a decay that is written by hand."""
AWAY = 2.0
"""Steps from the first weight, at least, for that way to have a direction."""


class UndoneSteps:
    """`begins` and `ends` around each step that is measured; `told` is what is known, once and for all."""

    def __init__(self) -> None:
        self.news: Callable[[], None] = lambda: None
        """Called when something is told."""
        self.forget()

    def forget(self) -> None:
        self.told: Faults = ()
        self.done = False
        self._key = 0
        self._tensor: weakref.ref[Tensor] | None = None
        self._name = ""
        self._step = -2
        """The last one that has ended."""
        self._version = -1
        """Of the weight, by then."""
        self._looks = self._untouched = self._begun = 0
        self._before: Tensor | None = None
        self._after: Tensor | None = None
        self._parts: list[Tensor] = []
        """[] what was left of a step, as a share of it."""
        self._moved: list[Tensor] = []
        """[] how far it was moved between two steps, in steps; of those where it was written to."""
        self._first: Tensor | None = None
        """The weight before the first step."""
        self._pulls: list[Tensor] = []
        """[2] of the last ones where it was written to: their cosine with the way back to that, and the share
        of this way; NaN where it is too short."""

    def begins(self, source: ParamGroup, step: int) -> None:
        """A step of these tensors that is measured is about to be taken."""
        self.done = self.done or capturing()
        if self.done:
            return
        done, self.done = self.done, True  # for good where this fails
        with suppress_own, torch.no_grad():
            self._begin(source, step)
            self._begun += 1
            said = any(kind != MOVED_BETWEEN for kind, _ in self.told)
            self.done = done or self._looks >= LOOKS or said or self._begun >= MOST_BEGUN
        if self.done:
            self._before = self._after = self._first = None

    def ends(self, source: ParamGroup, step: int) -> None:
        """It was taken."""
        if self.done or source.key != self._key:
            return
        tensor = None if self._tensor is None else self._tensor()
        if tensor is not None:
            self._step, self._version = step, tensor._version
            self._after = tensor.detach().clone()

    def _begin(self, source: ParamGroup, step: int) -> None:
        if self._tensor is None:
            self._choose(source)
        tensor = None if self._tensor is None else self._tensor()
        if tensor is None or source.key != self._key:
            self._looks += 1
            return
        if step == self._step + 1:
            self._looks += 1
            if tensor._version == self._version:
                self._untouched += 1
            elif self._before is not None and self._after is not None:
                length = (self._after - self._before).norm()
                self._parts.append((tensor - self._before).norm() / length)
                self._moved.append((tensor - self._after).norm() / length)
                self._pulls = [*self._pulls, self._pull(tensor, length)][-ENOUGH:]
                self._judge(waits=not tensor.is_cpu)
            if self._looks == LOOKS and self._moved and not self.told:
                self._now_and_then()
        self._before = tensor.detach().clone()
        self._first = self._before if self._first is None else self._first
        self._after = None

    def _choose(self, source: ParamGroup) -> None:
        plain = [
            (t.dim() < 2, t.numel(), place)
            for place, t in enumerate(source.tensors)
            if type(t) in PLAIN_TYPES and t.is_floating_point() and 1 < t.numel() <= MOST
        ]
        if not plain or source.layout is None or source.at is None:
            return
        *_, place = min(plain)
        self._tensor, self._key = weakref.ref(source.tensors[place]), source.key
        self._name = source.layout.tensors[int(source.at[place])].name

    def _judge(self, *, waits: bool) -> None:
        """`waits`: to read a number makes the program wait, which is done once."""
        if self._untouched > len(self._moved):
            if not waits:
                self._now_and_then()
        elif len(self._parts) == ENOUGH:
            self._each_time()
        elif len(self._parts) > ENOUGH and (not waits or self._looks >= LOOKS):
            self._pulled_back()

    def _each_time(self) -> None:
        """It is written to between all steps so far."""
        kept, far = (float(torch.stack(each).median()) for each in (self._parts, self._moved))
        if kept < KEPT:
            self._tell(
                STEPS_UNDONE,
                f"by the time of the next step {100 * kept:.2g} % of a step is left in {self._name}: "
                f"something else than the optimizer has written it, at each of {ENOUGH} steps that were "
                "looked at",
            )
        elif far >= MUCH:
            self._tell(
                MOVED_BETWEEN,
                f"between steps something else than the optimizer moves {self._name}, by {far:.2g} times the "
                f"length of a step, at each of {ENOUGH} that were looked at",
            )

    def _pull(self, tensor: Tensor, length: Tensor) -> Tensor:
        """As `_pulls` has it, of what was done to it since the last step, which had that length."""
        assert self._after is not None
        assert self._first is not None
        moved, back = (one - self._after for one in (tensor, self._first))
        way, size = back.norm(), moved.norm()
        cosine = (moved.flatten() @ back.flatten()) / (way * size)
        known = (way > AWAY * length) & self._first.any()
        return torch.stack([cosine, size / way]).where(known, torch.nan)

    def _pulled_back(self) -> None:
        cosines, shares = torch.stack(self._pulls).unbind(1)
        share = float(shares.median())
        even = bool(((shares - share).abs() <= EVENLY * share).all())
        if even and share >= FIRMLY and bool((cosines >= STRAIGHT).all()):
            self._tell(
                PULLED_BACK,
                f"between steps {self._name} goes back by {100 * share:.2g} % of the way to where it was "
                f"before the first step, at each of {ENOUGH} that were looked at",
            )

    def _now_and_then(self) -> None:
        """It is written to between some steps, and left alone between most."""
        moved = torch.stack(self._moved)
        moved = moved[(moved > STILL) & moved.isfinite()]  # what no step moves is not undone
        if len(moved) < OFTEN or not float(moved.median()) > FAR:
            return
        far = float(moved.median())
        self._tell(
            WEIGHTS_LOADED,
            f"{len(moved)} times in the first {self._looks} steps that were looked at something else than "
            f"the optimizer has moved {self._name}, by {far:.2g} times the length of a step",
        )

    def _tell(self, kind: str, words: str) -> None:
        self.told = ((kind, words),)
        self.news()
