"""What cross-entropy costs whoever answers with the frequencies of the labels: less than the logarithm of the
classes where these are not equally frequent, or some never come.

Labels are read off the nodes of the first losses, where nobody has packed them and where reading does not
make a device wait. They count once several batches agree: of data in order each batch has labels of its own.
"""

import math
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.node_types import LEAF, VIEWS, below_of, name_of, stem, stem_of, words
from gradtui.core.wiring import ONE_LABEL, ORDERED_LABELS, Faults
from gradtui.patching.own_errors import suppress_own

MEAN = 1
"""Value of torch's `reduction`."""
LOOKS, FEWEST = 8, 4
"""Batches that are looked at, and that have to agree."""
MOST_LOOKS = 64
"""And that are looked at where all labels so far are of one class."""
ENOUGH = 8
"""Labels for each class that has come, at least."""
AGREE = 0.2
"""Part by which the entropy of a batch may differ from that of all together, sampling aside."""
MIXED = 4
"""At most one batch of so many may have labels of two classes, of data in order."""
MOST = 1 << 16
"""Labels of a batch that are looked at."""
STRAIGHT = 8
"""Nodes between the loss and the function that has the labels."""
NLL = ("NllLoss", "NllLoss2D")
SCORED = ("Addmm", "Linear", "Convolution")
THROUGH = VIEWS | words("NllLoss NllLoss2D LogSoftmax")
"""From the labels to the scores."""
BINARY = ("BinaryCrossEntropy", "BinaryCrossEntropyWithLogits")


class LabelFrequencies:
    """`look` at the first losses; `cost` is what is known by then."""

    def __init__(self) -> None:
        self._batches: list[Tensor] = []
        """[columns, classes] counts of each batch."""
        self._looks = 0
        self.cost = 0.0
        """In nats; 0 while it is not known."""
        self.padding = -1
        """A label that is padding, as the inputs tell: it is answered for nothing."""
        self.told: Faults = ()
        """Of data in order: each batch has labels of one class; or all have the same one."""
        self._direct = True
        """Whether the scores are what a layer gives: of pairs, whose right one may always be the first, they
        are products."""

    @property
    def done(self) -> bool:
        if self._looks < LOOKS or self._looks >= MOST_LOOKS or not self._batches:
            return self._looks >= LOOKS
        together = torch.stack(self._batches).sum(0)
        # Of one class a second is waited for.
        return len(together) > 1 or int((together > 0).sum()) > 1

    def look(self, loss: Tensor) -> None:
        self._looks += 1
        with suppress_own, torch.no_grad():
            counts = _counts(loss.grad_fn)
            if counts is None or (self._batches and counts.shape != self._batches[0].shape):
                self._looks, self._batches = MOST_LOOKS, []
                return
            self._batches.append(counts)
            self._direct = self._direct and _scored_by_a_layer(loss.grad_fn)
        if self.done:
            if len(self._batches) >= FEWEST:
                self.cost = _agreed(self._batches, self.padding)
                self.told = _in_order(self._batches)
                if not self.told and self._direct:
                    self.told = _of_one_label(self._batches)
            self._looks, self._batches = MOST_LOOKS, []


def _agreed(batches: list[Tensor], padding: int) -> float:
    """0 where the batches are too few, too small, or each has labels of its own."""
    together = torch.stack(batches).sum(0)
    if 0 <= padding < together.shape[1]:
        others = together.clone()
        others[:, padding] = 0
        return _entropy(others) * float(others.sum() / together.sum()) if others.any() else 0.0
    seen = int((together > 0).sum(1).max())
    if together.sum(1).min() < ENOUGH * seen:
        return 0.0
    cost = _entropy(together)
    for one in batches:
        sampling = math.sqrt(max(seen - 1, 1) / float(one.sum(1).mean()))
        if abs(_entropy(one) - cost) > (AGREE + sampling) * cost:
            return 0.0
    return cost


def _in_order(batches: list[Tensor]) -> Faults:
    """Of two classes a batch of one is no news: of a game's sides each has labels of its own. Where one class
    ends and the next begins a batch may have both."""
    first = batches[0]
    plain = len(first) == 1 and first.shape[1] > 2 and first.sum() >= ENOUGH
    counts = [int((one > 0).sum()) for one in batches]
    mixed = sum(count > 1 for count in counts)
    several = len({int(at) for one in batches for at in one.nonzero()[:, -1]}) > 1
    if not plain or max(counts) > 2 or MIXED * mixed > len(batches) or not several:
        return ()
    which = "each" if not mixed else "all but one" if mixed == 1 else f"all but {mixed}"
    words = f"{which} of the first {len(batches)} batches has labels of a single class"
    return ((ORDERED_LABELS, words),)


def _of_one_label(batches: list[Tensor]) -> Faults:
    together = torch.stack(batches).sum(0)
    classes, count = together.shape[1], int(together.sum())
    alone = len(batches) >= MOST_LOOKS and len(together) == 1 and int((together > 0).sum()) == 1
    if not alone or classes < 3 or count < ENOUGH * len(batches):
        return ()
    words = f"all {count:,} labels of the first {len(batches)} batches are {int(together.argmax())}"
    return ((ONE_LABEL, f"{words}, of {classes:,} classes"),)


def _scored_by_a_layer(node: Any) -> bool:
    """One with a bias, and nothing behind it: products of pairs have none."""
    found = False
    for _ in range(STRAIGHT):
        word = stem_of(node)
        found = found or word in NLL
        if word in SCORED or (found and word not in THROUGH):
            break
        node = next(iter(below_of(node)), None) if node is not None else None
    below = below_of(node) if node is not None else []
    return found and stem_of(node) in SCORED and any(stem_of(one) == LEAF for one in below)


def _entropy(counts: Tensor) -> float:
    """Mean over columns of the entropy of their labels, with what few labels hide of it (Miller, 1955)."""
    whole = counts.sum(1, keepdim=True)
    part = counts / whole
    plain = -(part * part.clamp(min=1e-300).log()).sum(1)
    hidden = ((counts > 0).sum(1) - 1) / (2 * whole[:, 0])
    return float((plain + hidden).mean())


def _counts(node: Any) -> Tensor | None:
    """[columns, classes] float64; None where it is no plain mean of cross-entropies."""
    for _ in range(STRAIGHT):
        word = stem(name_of(node)) if node is not None else ""
        if word in NLL:
            return _of_classes(node)
        if word in BINARY:
            return _of_halves(node)
        below = [one for one, _ in getattr(node, "next_functions", ()) if one is not None]
        if len(below) != 1:
            return None
        node = below[0]
    return None


def _read(node: Any) -> Tensor | None:
    if node._saved_reduction != MEAN or node._raw_saved_target.unpack_hook is not None:
        return None
    targets = node._saved_target
    plain = type(targets) is Tensor and targets.is_cpu and targets.numel() > 0
    return targets.detach() if plain else None


def _weighted(node: Any) -> bool:
    raw = node._raw_saved_weight
    return raw.unpack_hook is not None or node._saved_weight is not None


def _of_classes(node: Any) -> Tensor | None:
    labels = _read(node)
    if labels is None or labels.is_floating_point() or _weighted(node):
        return None
    flat = labels.reshape(-1)[:MOST]
    flat = flat[flat != node._saved_ignore_index]
    below, place = node.next_functions[0]
    shape = below._input_metadata[place].shape
    classes = int(shape[1] if len(shape) > 1 else shape[0])
    if not len(flat) or int(flat.min()) < 0 or int(flat.max()) >= classes:
        return None
    return torch.bincount(flat, minlength=classes).double().unsqueeze(0)


def _of_halves(node: Any) -> Tensor | None:
    """Of yes or no, a column each."""
    targets = _read(node)
    if targets is None or _weighted(node) or not bool(((targets == 0) | (targets == 1)).all()):
        return None
    rows = targets.reshape(len(targets), -1) if targets.dim() else targets.reshape(1, 1)
    ones = rows[: max(MOST // rows.shape[1], 1)].double()
    return torch.stack([(1 - ones).sum(0), ones.sum(0)], 1)
