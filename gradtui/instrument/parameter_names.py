"""What the tensors that an optimizer was given are called, by the module that owns them."""

import gc
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from torch import Tensor, nn

from gradtui.instrument.module_tree import Owned, all_modules, covering, outermost
from gradtui.nan_trace.module_walk import attributes, unwrapped, walk

SELF = ("self", "cls", "_")
"""Variables that say nothing of what they hold."""
VAGUE = ("p", "param", "parameter", "t", "tensor", "v", "value", "x", "leaf")
"""Those that hold one tensor after another: anything else says more."""
PART = re.compile(r"\[[^\]]*\]|\.?[^.\[]+")
"""Of a path: a name or a place."""
LARGE = 100_000
"""Entries of a dictionary from which on it is not searched."""


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """`row` is the path of the owning module, `module` None for a tensor that no module owns."""

    tensor: Tensor
    name: str
    row: str
    module: nn.Module | None
    also: tuple[str, ...] = ()
    """The other names of a tied weight."""
    poor: bool = False
    """Whether no word of the program's was found for it, or for the one of several models in which
    it is."""
    root: nn.Module | None = None
    word: str = ""
    """The model that it is in, and what that is called; of a loose tensor its own name."""


def resolve(
    tensors: Sequence[Tensor],
    *,
    models: Sequence[nn.Module] = (),
    modules: Iterable[nn.Module] = (),
    sights: Sequence[tuple[str, object]] = (),
    given: Mapping[int, str] | None = None,
    before: Mapping[int, str] | None = None,
) -> list[Named]:
    """Names of `tensors`, model by model in the order of registration, loose tensors last.

    `models` are asked first, then `modules` and what is in sight, and where that is not enough
    every module there is. `given`: id -> the name that an optimizer was told; `before`: id of a
    model or of a loose tensor -> the word that it is known by already.
    """
    wanted = {id(tensor) for tensor in tensors}
    found = covering(models, wanted)
    if _left(found, wanted):
        shown: Any = [thing for _, thing in sights if issubclass(type(thing), nn.Module)]
        roots = [*models, *outermost([*modules, *shown])]
        found = covering(_distinct(roots), wanted)
    seen = {id(thing) for _, thing in sights}
    if _left(found, wanted) - seen:
        roots = [*[root for root, _ in found], *outermost(all_modules())]
        found = covering(_distinct(roots), wanted)
    left = _left(found, wanted)
    loose = [tensor for tensor in tensors if id(tensor) in left]
    roots = [root for root, _ in found]
    sights = [*sights, *_kept_as(loose, sights, [*(given or {}), *(before or {})])]
    words = told_apart(roots, loose, sights, before or {})
    told = given or {}
    out = []
    for root, parts in found:
        word = words[id(root)]
        poor = len(roots) > 1 and _poor(word, root)
        out += [
            replace(one, root=root, word=word, poor=poor and id(one.tensor) not in told)
            for one in _of_model(parts, word, told)
        ]
    for number, tensor in enumerate(loose):
        word = told.get(id(tensor)) or words[id(tensor)]
        named = word or f"parameter.{number}"
        out.append(Named(tensor, named, named, None, poor=not word, word=named))
    return _unique(out)


def told_apart(
    roots: Sequence[nn.Module],
    loose: Sequence[Tensor],
    sights: Sequence[tuple[str, object]],
    before: Mapping[int, str],
) -> dict[int, str]:
    """Id -> what each of several models and tensors is called. A model that is alone has no need of
    a word, one that has none of its own is called by its type, a tensor is left without."""
    if len(roots) + len(loose) == 1 and roots:
        return {id(roots[0]): ""}
    owners = {id(unwrapped(root)): id(root) for root in roots}
    owners |= {id(root): id(root) for root in roots} | {id(one): id(one) for one in loose}
    claims: dict[str, list[int]] = {}
    words: dict[int, list[str]] = {}
    for word, thing in sights:
        owner = owners.get(id(thing))
        if owner is not None and owner not in claims.setdefault(word, []):
            claims[word].append(owner)
            words.setdefault(owner, []).append(word)
    out: dict[int, str] = {}
    for key in owners.values():
        own = [word for word in words.get(key, ()) if len(claims[word]) == 1 and word not in SELF]
        word = before.get(key, "")
        if not word and not (key in before and len(roots) == 1):
            word = min(own, key=_plainness, default="")
        out[key] = word
    _alike(out, words, claims, before)
    _in_modules(roots, loose, out)
    nameless = [root for root in roots if not out[id(root)]]
    kinds = Counter(type(unwrapped(root)).__name__ for root in roots)
    numbers: Counter[str] = Counter()
    for root in nameless if len(roots) > 1 else ():
        kind = type(unwrapped(root)).__name__
        out[id(root)] = f"{kind}#{numbers[kind]}" if kinds[kind] > 1 else kind
        numbers[kind] += 1
    return out


def _alike(
    out: dict[int, str],
    words: Mapping[int, Sequence[str]],
    claims: Mapping[str, Sequence[int]],
    before: Mapping[int, str],
) -> None:
    """Call the entries of a container alike: `agents[0].actor` beside `agents[1].actor`, though the
    variable of a loop or of a function has the first just now. Where most of them have variables of
    their own these stay."""
    families: dict[tuple[str, str], dict[int, str]] = {}
    for key in out:
        for word in words.get(key, ()):
            if len(claims[word]) == 1:
                for family in _families(word):
                    families.setdefault(family, {}).setdefault(key, word)
    settled = {key for key in out if before.get(key)}
    for members in sorted(families.values(), key=len, reverse=True):
        others = [key for key, word in members.items() if out[key] != word]
        if others and 2 * len(others) <= len(members):
            for key in others:
                if key not in settled:
                    out[key] = members[key]
            settled |= members.keys()


def _families(word: str) -> list[tuple[str, str]]:
    """What is before and behind each of its parts but the first."""
    parts = PART.findall(word)
    ends = [sum(map(len, parts[: i + 1])) for i in range(len(parts))]
    return [(word[:begin], word[end:]) for begin, end in pairwise(ends)]


def _kept_as(
    loose: Sequence[Tensor], sights: Sequence[tuple[str, object]], known: Iterable[int]
) -> list[tuple[str, object]]:
    """Of tensors that nothing in sight names but by a place, the keys under which any dictionary has them: an
    object's attributes, a registry of parameters."""
    named = {id(thing) for word, thing in sights if _telling(word)} | {*known}
    lacking = {id(one): one for one in loose if id(one) not in named}
    found: list[tuple[str, object]] = []
    for holder in gc.get_referrers(*lacking.values()) if lacking else ():
        kept = holder if type(holder) is dict else attributes(holder)
        if kept is not lacking and len(kept) < LARGE:
            for key, held in list(kept.items()):
                if id(held) in lacking and type(key) is str:
                    if key.startswith("_") or not key.isprintable():
                        continue
                    found.append((key, held))
    return found


def _telling(word: str) -> bool:
    """Whether nothing better need be looked for: no place in a list, no long way through objects."""
    return "[" not in word and word.count(".") < 2 and word not in (*SELF, *VAGUE)


def _plainness(word: str) -> tuple[bool, int, int, int]:
    """A variable or an attribute says more of a tensor than its place in a list."""
    return word in VAGUE, word.count("["), word.count(".") + word.startswith("_"), word.count("._")


def _in_modules(roots: Sequence[nn.Module], loose: Sequence[Tensor], words: dict[int, str]) -> None:
    """Tensors that a module holds and has not registered."""
    left = {id(one) for one in loose if not words[id(one)]}
    for root in roots if left else ():
        for path, module in walk(root):
            for name, held in list(attributes(module).items()):
                if id(held) in left and not words[id(held)]:
                    words[id(held)] = ".".join(filter(None, (words[id(root)], path, name)))


def _poor(word: str, root: nn.Module) -> bool:
    return word.partition("#")[0] == type(unwrapped(root)).__name__


def _left(found: Sequence[tuple[nn.Module, list[Owned]]], wanted: set[int]) -> set[int]:
    return wanted - {id(o.tensor) for _, parts in found for o in parts}


def _distinct(modules: Iterable[nn.Module]) -> list[nn.Module]:
    return list({id(module): module for module in modules}.values())


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
            one = replace(one, name=again)
        out.append(one)
    return out
