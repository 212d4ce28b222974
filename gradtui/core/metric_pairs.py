"""Which metrics are one quantity, of training and of validation, as their names have it."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

TRAINING = ("train", "training", "trn", "tr")
VALIDATION = (
    "val",
    "valid",
    "validation",
    "eval",
    "evaluation",
    "dev",
    "holdout",
    "test",
    "testing",
)
"""The first is preferred, where there are several of one quantity."""
ENDS = ("", "epoch", "step")
"""What Lightning puts behind a name that it logs twice; the first is preferred."""
BESIDE_PLAIN = ("eval", "evaluation")
"""Words beside which training has none: the Trainer logs "loss", "eval_loss", and at its end a "train_loss"
that is a mean over all of it."""
DEVIATION = ("std", "standard", "mean", "abs")
"""Words before "dev" that make it another one."""
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")


class Pair(NamedTuple):
    """One quantity. At least one of the two names is not empty."""

    training: str
    validation: str

    @property
    def name(self) -> str:
        """The one that is always there."""
        return self.training or self.validation


class _Parts(NamedTuple):
    split: str
    """The word that says which data, in lower case; "" where none does."""
    quantity: tuple[str, ...]
    end: str


def paired(names: Iterable[str]) -> tuple[Pair, ...]:
    """Each name once, in the order in which the first of a pair came.

    "train/loss" goes with "val/loss", "loss" with "eval_loss", "Loss/train" with "Loss/test". A name
    without such a word is of training where another one of the same quantity is of validation."""
    known = list(dict.fromkeys(names))
    parts = {name: _parts(name) for name in known}
    by_quantity: dict[tuple[str, ...], list[str]] = {}
    for name in known:
        by_quantity.setdefault(parts[name].quantity, []).append(name)
    partner: dict[str, Pair] = {}
    for same in by_quantity.values():
        validation = [n for n in same if parts[n].split in VALIDATION]
        if not validation:
            continue
        best = _preferred(validation, parts)
        said = [n for n in same if parts[n].split in TRAINING]
        plain = [n for n in same if not parts[n].split]
        training = (plain or said) if parts[best].split in BESIDE_PLAIN else (said or plain)
        if training:
            found = Pair(_preferred(training, parts), best)
            partner[found.training] = partner[found.validation] = found
    pairs = (partner.get(name) or _alone(name, parts[name]) for name in known)
    return tuple(dict.fromkeys(pairs))


def of_validation(name: str) -> bool:
    """Whether a name says that it is of data that is not trained on."""
    return _parts(name).split in VALIDATION


def says_which(name: str) -> bool:
    """Whether a name says which data it is of."""
    return bool(_parts(name).split)


def has_word(name: str, words: Sequence[str]) -> bool:
    """Whether one of the words, in lower case, is among those of the name."""
    return any(word.lower() in words for word in WORD.findall(name))


def is_loss(name: str) -> bool:
    """Whether it is the loss, and not a part of it or anything else."""
    return _parts(name).quantity == ("loss",)


def validation_loss(names: Iterable[str]) -> str:
    """The name of the loss on data that is not trained on; "" where there is none."""
    known = [name for name in names if is_loss(name) and of_validation(name)]
    return _preferred(known, {name: _parts(name) for name in known}) if known else ""


def _alone(name: str, parts: _Parts) -> Pair:
    return Pair("", name) if parts.split in VALIDATION else Pair(name, "")


def _preferred(names: Sequence[str], parts: dict[str, _Parts]) -> str:
    def rank(name: str) -> tuple[int, int]:
        split, end = parts[name].split, parts[name].end
        return (VALIDATION.index(split) if split in VALIDATION else 0), ENDS.index(end)

    return min(names, key=rank)


@lru_cache(maxsize=2048)
def _parts(name: str) -> _Parts:
    words = [word.lower() for word in WORD.findall(name)]
    ends = len(words) > 1 and words[-1] in ENDS
    end = words.pop() if ends else ""
    at = next((i for i in range(len(words)) if _splits(words, i)), -1)
    split = words[at] if at >= 0 else ""
    if split and len(words) > 1:
        del words[at]
    return _Parts(split, tuple(words), end)


def _splits(words: Sequence[str], at: int) -> bool:
    """Whether a word says which data."""
    if words[at] == "dev" and at and words[at - 1] in DEVIATION:
        return False
    return words[at] in TRAINING or words[at] in VALIDATION
