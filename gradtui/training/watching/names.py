"""What the tensors that an optimizer was given are called, by the module that owns them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from gradtui.training.watching.frames import Visible
from gradtui.training.watching.roots import Owned, all_modules, covering, outermost, unwrapped


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """`row` is the path of the owning module, `module` None for a tensor that no module owns."""

    tensor: Tensor
    name: str
    row: str
    module: nn.Module | None
    also: tuple[str, ...] = ()
    """The other names of a tied weight."""


def resolve(
    tensors: Sequence[Tensor],
    *,
    models: Sequence[nn.Module] = (),
    modules: Iterable[nn.Module] = (),
    visible: Mapping[str, Visible] | None = None,
    given: Mapping[int, str] | None = None,
) -> list[Named]:
    """Names of `tensors`, model by model in the order of registration, loose tensors last.

    `models` are asked first, then `modules` and what is `visible`, and where that is not enough
    every module there is. `given`: id -> the name that an optimizer was told.
    """
    seen = {word: thing for word, ref in (visible or {}).items() if (thing := ref()) is not None}
    wanted = {id(tensor) for tensor in tensors}
    found = covering(models, wanted)
    if _left(found, wanted):
        shown = [thing for thing in seen.values() if issubclass(type(thing), nn.Module)]
        roots = [*models, *outermost([*modules, *shown])]
        found = covering(_distinct(roots), wanted)
    # A variable or an attribute says more of a tensor than its place in a list.
    words = sorted(seen, key=lambda word: "[" not in word)
    loose = {id(seen[word]): word for word in words if id(seen[word]) in wanted}
    if _left(found, wanted) - set(loose):
        roots = [*[root for root, _ in found], *outermost(all_modules())]
        found = covering(_distinct(roots), wanted)
    prefixes = root_words([root for root, _ in found], seen)
    out = [
        named
        for (_, parts), word in zip(found, prefixes, strict=True)
        for named in _of_model(parts, word, given or {})
    ]
    for number, tensor in enumerate(t for t in tensors if id(t) in _left(found, wanted)):
        word = (given or {}).get(id(tensor)) or loose.get(id(tensor)) or f"parameter.{number}"
        out.append(Named(tensor, word, word, None))
    return _unique(out)


def _left(found: Sequence[tuple[nn.Module, list[Owned]]], wanted: set[int]) -> set[int]:
    return wanted - {id(o.tensor) for _, parts in found for o in parts}


def _distinct(modules: Iterable[nn.Module]) -> list[nn.Module]:
    return list({id(module): module for module in modules}.values())


def root_words(roots: Sequence[nn.Module], seen: Mapping[str, object]) -> list[str]:
    """What tells several models apart: the variable that holds each, else its type."""
    if len(roots) < 2:
        return [""] * len(roots)
    words = []
    for root in roots:
        inner = unwrapped(root)
        names = [word for word, thing in seen.items() if thing is root or thing is inner]
        words.append(names[0] if names else type(inner).__name__)
    twice = {word for word, count in Counter(words).items() if count > 1}
    numbers: Counter[str] = Counter()
    for i, word in enumerate(words):
        if word in twice:
            words[i] = f"{word}#{numbers[word]}"
            numbers[word] += 1
    return words


def _of_model(parts: list[Owned], word: str, given: Mapping[int, str]) -> list[Named]:
    first: dict[int, Owned] = {}
    others: dict[int, list[str]] = {}
    for part in parts:
        if first.setdefault(id(part.tensor), part) is not part:
            others.setdefault(id(part.tensor), []).append(_under(word, part.name))
    return [
        Named(
            part.tensor,
            given.get(key) or _under(word, part.name),
            _under(word, part.path),
            part.module,
            tuple(others.get(key, ())),
        )
        for key, part in first.items()
    ]


def _under(word: str, name: str) -> str:
    return f"{word}.{name}" if word and name else word or name


def _unique(named: list[Named]) -> list[Named]:
    counts: Counter[str] = Counter()
    out = []
    for one in named:
        counts[one.name] += 1
        if counts[one.name] > 1:
            again = f"{one.name}#{counts[one.name] - 1}"
            one = Named(one.tensor, again, one.row, one.module, one.also)
        out.append(one)
    return out
