"""Whether the logarithm of a scale stands in a loss with the wrong sign: then no scale is the best one.

A density of what is scaled costs z^2 / 2 - log|dz/dx| (flows: Dinh, Sohl-Dickstein and Bengio, 2017,
arXiv:1605.08803, section 3.2), and one with a learned deviation (y - mu)^2 / (2 sigma^2) + log sigma (Nix and
Weigend, 1994). Both have the form w s + c exp(k s) of a logarithm s, with c > 0 and w k < 0: bounded below.
With w k > 0 both terms pull s to one side, without end, and turned as a whole it has no bound either: such a
loss is wrong whether it is minimised or maximised. A divergence from a normal prior, w s + c exp(k s) with
w = -c k, is right beside an error of the same sign, and wrong beside one of the other.

Read off the first losses: what is known of the way from the loss down to s is its sign alone. Where s comes
into the loss by yet another way nothing is told. No node is kept.
"""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gradtui.autograd.node_types import (
    DISTANCES,
    LEAF,
    LIKELIHOODS,
    RESHAPES,
    TURNS,
    below_of,
    number,
    shape,
    stem_of,
    words,
)
from gradtui.autograd.saved_tensors import plain, saved
from gradtui.core.wiring import REVERSED_SCALE, Faults
from gradtui.patching.own_errors import suppress_own

LOOKS, AGREED = 10, 3
"""First losses that are looked at, and of these those that must agree."""
VISITS = 600
"""Places of a graph that are looked at for signs."""
NODES = 8000
"""Nodes among which other ways to a scale are looked for."""
LARGEST = 1 << 20
"""Elements of a constant whose sign is looked up."""
FORMULA = 12
"""Nodes of a scale's formula, or of the factors of a product."""
LEAST = 0.1
"""Of what the logarithm of a density has, for that of a scale: with less it is a mere penalty."""
SAME = 1e-3
"""By what the two terms of a divergence may differ from its formula."""
ALIKE = RESHAPES | TURNS | words("ToCopy Clone Alias Expand")
"""Nodes that give the numbers that they were given."""
PARTS = words(
    "Slice Select Split SplitWithSizes Chunk UnsafeSplit Narrow Unbind Index IndexSelect Gather Flip Roll "
    "Cat Stack MaskedFill Diagonal"
)
"""Nodes that give some of the numbers that they were given, or several beside each other."""
SUMS = words("Sum Mean")
MATRICES = words("Mm Bmm Addmm Baddbmm Linear Convolution Mv")
ERRORS = DISTANCES | words("LinalgVectorNorm Norm Abs")
"""Sizes: never below 0, and growing with what they are of."""
LABELLED = LIKELIHOODS | words("BinaryCrossEntropy BinaryCrossEntropyWithLogits")
FREE = words(
    "Addmm Mm Bmm Baddbmm Mv Linear Convolution Tanh Atan Embedding NativeLayerNorm NativeBatchNorm "
    f"NativeGroupNorm Sub {LEAF}"
)
"""What may give numbers of either sign: a logarithm."""
POSITIVE = words("Softplus Sigmoid Exp")
"""What gives a scale of any number."""
Place = tuple[Any, int]
"""A node, and which of its outputs."""
Key = tuple[int, ...]
"""What a place is known again by."""


class Scale(NamedTuple):
    """The place of a logarithm s ("log"), of a scale itself ("scale"), or of what a sigmoid makes one of."""

    kind: str
    node: Any
    at: int


@dataclass(slots=True)
class Ways:
    """How a scale comes into a loss: signed weights of its logarithm; and of its powers, with exponents.
    `bare`: weight and exponent of those powers that multiply nothing but constants."""

    linear: list[float] = field(default_factory=list)
    powers: list[tuple[float, float]] = field(default_factory=list)
    bare: list[tuple[float, float]] = field(default_factory=list)


class ScaleSign:
    """`look` at each of the first losses; `told` is what is known by then."""

    def __init__(self) -> None:
        self._looks = self._agreed = 0
        self.told: Faults = ()

    @property
    def done(self) -> bool:
        return self._looks >= LOOKS or bool(self.told)

    def look(self, loss: Tensor) -> None:
        """Call before backward. Nothing is told where the graph is not as expected."""
        self._looks += 1
        found = ""
        with suppress_own, torch.no_grad():
            found = wrong_scale(loss.grad_fn)
        self._agreed += bool(found)
        if self._agreed >= AGREED:
            self.told = ((REVERSED_SCALE, found),)


def wrong_scale(root: Any) -> str:
    """In words, what is wrong with the sign of a scale; "" where nothing is, or nothing is known."""
    if root is None:
        return ""
    walk = _Walk(root)
    return walk.unbounded() or walk.turned_divergence()


class _Walk:
    """From a loss down: each place is either added to it, `total` of the weights of all its numbers, or
    lies within a square that is."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._waiting: deque[tuple[Place, float, bool]] = deque()
        self._seen: set[tuple[Key, bool, bool]] = set()
        self._kept: list[Any] = []
        """Nodes whose ids are seen: they may not become those of others."""
        self._ways: dict[tuple[str, Key], tuple[Scale, Ways]] = {}
        self._others: list[Place] = []
        """Where a loss goes on in a way of which nothing is known."""
        self._squared: set[Key] = set()
        """Places that are squared, with what is added to them."""
        self._errors: list[float] = []
        """Weights of what is compared with data."""
        self._differences: list[float] = []
        """Weights of squares of what a constant is taken off."""
        self._means: list[float] = []
        """Weights of squares."""
        self._add((root, 0), 1.0)
        for _ in range(VISITS):
            if not self._waiting:
                break
            (node, at), total, within = self._waiting.popleft()
            if within:
                self._within(node, at, total)
            else:
                self._added(node, at, total)
        self._others += [place for place, _, _ in self._waiting]

    # --- What is found

    def unbounded(self) -> str:
        for scale, ways in self._ways.values():
            total = _one_sign(ways.linear)
            weight, exponent = (_one_sign([pair[n] for pair in ways.powers]) for n in (0, 1))
            if not total * weight * exponent > 0 or not _free(scale):
                continue
            if abs(total) < LEAST * abs(weight * exponent) or self._by_other_ways(scale):
                continue
            minus, sign = ("", "+") if weight > 0 else ("minus ", "-")
            if exponent > 0:
                done, ends = "multiplied", "0"
            else:
                done, sign, ends = "divided", "-" if sign == "+" else "+", "infinity"
            end = f"both fall as the scale goes to {ends}" if weight > 0 else "no scale is the best"
            return (
                f"the loss has {sign}log of a scale beside {minus}the square of what is {done} by that "
                f"scale: {end}"
            )
        return ""

    def turned_divergence(self) -> str:
        sizes = self._errors + [one for one in self._differences if one > 0]
        if not sizes or min(sizes) <= 0:
            return ""
        for scale, ways in self._ways.values():
            total = _one_sign(ways.linear)
            if len(ways.linear) != 1 or len(ways.bare) != 1 or not _free(scale):
                continue
            weight, exponent = ways.bare[0]
            as_of_prior = math.isclose(total, -weight * exponent, rel_tol=SAME)
            mean = any(math.isclose(one, weight, rel_tol=SAME) for one in self._means)
            if weight < 0 and as_of_prior and mean:
                return (
                    "the divergence of a posterior from its prior is taken off the loss, which has the error "
                    "of what is decoded: it is driven to be as large as can be"
                )
        return ""

    def _by_other_ways(self, scale: Scale) -> bool:
        """Whether a scale comes into the loss by what is not known, too."""
        key, whole = _key((scale.node, scale.at)), _whole(scale.node)
        keys = [key] if whole is None else [key, _key((whole, 0))]
        met = [other for _, other in self._ways if other in keys]
        if len(met) > 1 or any(one in self._squared for one in keys):
            return True
        waiting = list(self._others)
        seen: set[Any] = set()
        while waiting:
            node, at = waiting.pop()
            if _key((node, at)) in keys:
                return True
            if node in seen:
                continue
            if len(seen) == NODES:
                return True
            seen.add(node)
            if whole is None or _whole(node) is not whole:  # another entry of it is another scale
                waiting += [edge for edge in node.next_functions if edge[0] is not None]
        return False

    # --- What is added to a loss

    def _add(self, place: Place, total: float, *, within: bool = False) -> None:
        node, at = place
        if node is None:
            return
        if not within:
            self._log(Scale("log", node, at), total)
        key = (id(node), at), within, total > 0
        if key not in self._seen and total and math.isfinite(total):
            self._seen.add(key)
            self._kept.append(node)
            self._waiting.append((place, total, within))
        elif key not in self._seen:
            self._others.append(place)

    def _of(self, scale: Scale) -> Ways:
        self._kept.append(scale.node)
        key = scale.kind, _key((scale.node, scale.at))
        return self._ways.setdefault(key, (scale, Ways()))[1]

    def _log(self, scale: Scale, total: float) -> None:
        self._of(scale).linear.append(total)

    def _power(self, scale: Scale, total: float, exponent: float, *, bare: bool = False) -> None:
        ways = self._of(scale)
        ways.powers.append((total, exponent))
        self._unknown(scale.node)
        if bare:
            ways.bare.append((total, exponent))

    def _unknown(self, node: Any) -> None:
        if _whole(node) is not None:
            return
        self._others += [edge for edge in node.next_functions if edge[0] is not None]

    def _added(self, node: Any, at: int, total: float) -> None:
        word, edges = stem_of(node), node.next_functions
        if _whole(node) is not None:
            return  # it is known by itself
        if word in ALIKE or word == "Mean":
            self._add(edges[0], total)
        elif word in PARTS or word in ("Sum", "Where"):
            for edge in edges:
                self._add(edge, total * _share(node, at, edge, every=word != "Where"))
        elif word == "Neg":
            self._add(edges[0], -total)
        elif word in ("Add", "Sub", "Rsub"):
            for edge, factor in _terms(node, word):
                self._add(edge, total * factor)
        elif word == "Log":
            self._logarithm(node, total)
        elif word == "LogSigmoid":
            self._log(Scale("sigmoid", *edges[0]), total)
            self._unknown(edges[0][0])
        elif word in ("LinalgSlogdet", "LinalgDet") and stem_of(edges[0][0]) == LEAF:
            self._determinant(edges[0], total)
        elif word in ERRORS:
            self._error(node, word, total)
        elif word in LABELLED:
            self._errors.append(total)
            self._unknown(node)
        elif word in ("Mul", "Div", "Exp", "Pow", "Sqrt", "Rsqrt", "Reciprocal"):
            self._product(node, at, total)
        else:
            self._unknown(node)

    def _determinant(self, leaf: Place, total: float) -> None:
        """log|det W| is the logarithm of a scale of W, once for each of its rows."""
        rows = shape(leaf[0])
        self._log(Scale("scale", *leaf), total * (rows[0] if rows else 1))

    def _logarithm(self, node: Any, total: float) -> None:
        """Of a product: a sum of logarithms."""
        for place, exponent in _factors(node.next_functions[0], {"Abs"})[1]:
            scale, power = scale_of(place)
            if stem_of(place[0]) == "LinalgDet" and stem_of(_below(place)[0]) == LEAF:
                self._determinant(_below(place), total * exponent)
            elif scale is None:
                self._others.append(place)
            else:
                self._log(scale, total * exponent * power)
                self._unknown(scale.node)

    def _error(self, node: Any, word: str, total: float) -> None:
        edges = [edge for edge in node.next_functions if edge[0] is not None]
        if word in DISTANCES and len(edges) == 1:
            self._errors.append(total)
        for edge in edges:
            self._add(edge, total, within=True)

    def _product(self, node: Any, at: int, total: float) -> None:
        """Powers of scales times what is never below 0; else nothing is known."""
        factor, parts = _factors((node, at))
        if len(parts) == 1 and parts[0] != ((node, at), 1.0) and parts[0][1] == 1:
            (place, _) = parts[0]
            if stem_of(place[0]) != "Exp":
                self._add(place, total * factor)
                return
        scales, squares, rest = [], [], []
        for place, exponent in parts:
            scale, power = scale_of(place)
            if scale is not None:
                scales.append((scale, power * exponent))
            elif exponent == 2:
                squares.append(place)
            elif exponent == 1 and stem_of(place[0]) in (ERRORS | LABELLED):
                rest.append(place)
            else:
                self._others += [place for place, _ in parts]
                return
        total *= factor
        if not total or not math.isfinite(total):
            self._others += [place for place, _ in parts]
            return
        for scale, power in scales:
            self._power(scale, total, power, bare=not squares and not rest and len(scales) == 1)
        for place in squares:
            self._means.append(total)
            data = stem_of(place[0]) == "Sub" and len(below_of(place[0])) == 1
            self._differences += [total] if data else []
            self._add(place, total, within=True)
        for place in rest:
            word = stem_of(place[0])
            if word in ERRORS:
                self._error(place[0], word, total)
            else:
                self._errors.append(total)
                self._unknown(place[0])

    # --- What is squared

    def _within(self, node: Any, at: int, total: float) -> None:
        """Of what is affine in a scale, the square has the power of it twice."""
        word, edges = stem_of(node), node.next_functions
        self._squared.add(_key((node, at)))
        if _whole(node) is not None:
            return
        scale, power = scale_of((node, at))
        if scale is not None and word != LEAF:
            self._power(scale, total, 2 * power)
        elif word in ALIKE or word == "Neg":
            self._add(edges[0], total, within=True)
        elif word in PARTS or word in ("Add", "Sub", "Rsub", "Where"):
            for edge in edges:
                share = _share(node, at, edge, every=word in PARTS)
                self._add(edge, total * share, within=True)
        elif word in ("Mul", "Div"):
            for slot, edge in enumerate(edges):
                self._scaling(edge, total, -1.0 if word == "Div" and slot else 1.0)
        elif word == "LinalgSolveTriangular" and edges[0][0] is None:
            self._add(edges[1], total, within=True)
        elif word in MATRICES:
            for edge in edges:
                (leaf, *_) = _through(edge, ALIKE)
                self._scaling(leaf if stem_of(leaf[0]) == LEAF else edge, total, 1.0)
        elif word == LEAF:
            return
        else:
            self._unknown(node)

    def _scaling(self, edge: Place, total: float, exponent: float) -> None:
        """A factor of what is squared, or what that is divided by."""
        if edge[0] is None:
            return
        scale, power = scale_of(edge)
        if scale is not None:
            self._power(scale, total, 2 * power * exponent)
        elif exponent > 0:
            self._add(edge, total, within=True)
        else:
            self._others.append(edge)


def _one_sign(values: list[float]) -> float:
    """Their sum; 0.0 where they are not all of one sign."""
    signs = {one > 0 for one in values}
    return sum(values) if len(signs) == 1 and all(values) else 0.0


def _whole(node: Any) -> Any:
    """The parameter that a node picks one entry of; None where it does no such thing."""
    (below, *_) = below_of(node) or [None] if stem_of(node) == "Select" else [None]
    return below if stem_of(below) == LEAF else None


def _key(place: Place) -> Key:
    """The same for one entry of a parameter, wherever it is picked."""
    node, at = place
    whole = _whole(node)
    if whole is None:
        return id(node), at
    return id(whole), 0, int(plain(node, "dim")), int(plain(node, "index"))


def _below(place: Place) -> Place:
    edges = place[0].next_functions
    return edges[0] if edges else (None, 0)


def _share(node: Any, at: int, edge: Place, *, every: bool) -> float:
    """What a sum of equal weights becomes where a node gives more numbers than it was given, or fewer."""
    if edge[0] is None or not every:
        return 1.0
    given, taken = math.prod(shape(*edge)), math.prod(shape(node, at))
    return given / taken if given and taken else 1.0


def _terms(node: Any, word: str) -> list[tuple[Place, float]]:
    """What is added, and by what each is multiplied."""
    alpha = number(node, "alpha")
    alpha = 1.0 if alpha is None else alpha
    edges = node.next_functions
    factors = {"Add": (1.0, alpha), "Sub": (1.0, -alpha), "Rsub": (-alpha, 1.0)}[word]
    return list(zip(edges, factors, strict=False))


def _constant(node: Any, word: str, edges: Any) -> float:
    """What the one input with a history is multiplied by: a number, or the mean of numbers of one sign; NaN
    for others."""
    first = edges[0][0] is not None
    factor = saved(node, "other" if first else "self")
    if factor is None or not 0 < factor.numel() <= LARGEST or factor.is_complex():
        return math.nan
    least, most = (float(one) for one in torch.aminmax(factor))
    if least < 0 < most or not math.isfinite(least) or not math.isfinite(most):
        return math.nan
    mean = float(factor.double().mean())
    if word == "Div" and first:
        return 1 / mean if least and most else math.nan
    return mean


def _power_of(constant: float, exponent: float) -> float:
    """NaN where it is not real, or not known."""
    if constant >= 0 or exponent == 1:
        return constant**exponent if constant or exponent > 0 else math.nan
    return abs(constant) ** exponent if exponent % 2 == 0 else math.nan


def _through(place: Place, passed: frozenset[str]) -> list[Place]:
    """From a place down through nodes of a single input: the last one first."""
    found = [place]
    for _ in range(FORMULA):
        if stem_of(found[0][0]) not in passed:
            break
        found.insert(0, found[0][0].next_functions[0])
    return found


def _factors(
    place: Place, passed: frozenset[str] | set[str] = frozenset()
) -> tuple[float, list[tuple[Place, float]]]:
    """A constant, and the places whose powers a product is made of. A constant NaN is not known."""
    constant, found = 1.0, []
    waiting = [(place, 1.0)]
    for _ in range(FORMULA):
        if not waiting:
            break
        (node, at), exponent = waiting.pop()
        word, edges = stem_of(node), node.next_functions
        given = below_of(node)
        if word in ALIKE or word in passed:
            waiting.append((edges[0], exponent))
        elif word == "Neg" and exponent == 1:
            constant = -constant
            waiting.append((edges[0], exponent))
        elif word in ("Mul", "Div") and len(given) == 2:
            if word == "Mul" and edges[0] == edges[1]:
                waiting.append((edges[0], 2 * exponent))
            else:
                waiting.append((edges[0], exponent))
                waiting.append((edges[1], exponent if word == "Mul" else -exponent))
        elif word in ("Mul", "Div") and len(given) == 1:
            constant *= _power_of(_constant(node, word, edges), exponent)
            slot = 0 if edges[0][0] is not None else 1
            waiting.append((edges[slot], -exponent if word == "Div" and slot else exponent))
        elif word == "Pow" and len(given) == 1 and (power := number(node, "exponent")):
            waiting.append((edges[0], power * exponent))
        elif word in ("Sqrt", "Rsqrt"):
            waiting.append((edges[0], exponent * (0.5 if word == "Sqrt" else -0.5)))
        elif word == "Reciprocal":
            waiting.append((edges[0], -exponent))
        else:
            found.append(((node, at), exponent))
    powers: dict[tuple[int, int], tuple[Place, float]] = {}
    for one, exponent in found + waiting:
        key = id(one[0]), one[1]
        powers[key] = one, exponent + powers.get(key, (one, 0.0))[1]
    return constant, list(powers.values())


def scale_of(place: Place) -> tuple[Scale | None, float]:
    """What a positive factor is a power of, and the exponent: exp(k s) of s; a softplus, a sigmoid or a
    parameter of itself."""
    power = 1.0
    (node, at) = _through(place, ALIKE | {"Abs"})[0]
    word = stem_of(node)
    if word == "Pow" and len(below_of(node)) == 1 and number(node, "exponent"):
        scale, inner = scale_of(node.next_functions[0])
        return scale, inner * (number(node, "exponent") or 0.0)
    if word in ("Sqrt", "Reciprocal", "Rsqrt"):
        scale, inner = scale_of(node.next_functions[0])
        return scale, inner * {"Sqrt": 0.5, "Reciprocal": -1.0, "Rsqrt": -0.5}[word]
    if word in ("Div", "Mul") and len(below_of(node)) == 1 and node.next_functions[0][0]:
        factor = _constant(node, word, node.next_functions)
        return scale_of(node.next_functions[0]) if factor > 0 else (None, 0.0)
    if word == "Sigmoid":
        return Scale("sigmoid", *node.next_functions[0]), power
    if word == LEAF or word == "Softplus" or _shifted(node, word):
        return Scale("scale", node, at), power
    if word != "Exp":
        return None, 0.0
    place = node.next_functions[0]
    for _ in range(FORMULA):
        node, at = place
        word, edges = stem_of(node), node.next_functions
        given = [slot for slot, edge in enumerate(edges) if edge[0] is not None]
        if word in ALIKE:
            place = edges[0]
        elif word == "Neg":
            place, power = edges[0], -power
        elif word in ("Mul", "Div") and len(given) == 1:
            if word == "Div" and given != [0]:
                break
            factor = _constant(node, word, edges)
            if not factor or math.isnan(factor):
                break
            place, power = edges[given[0]], power * factor
        elif word in ("Add", "Sub", "Rsub") and len(given) == 1:
            place, power = edges[given[0]], power * _terms(node, word)[given[0]][1]
        else:
            break
    return Scale("log", *place), power


def _shifted(node: Any, word: str) -> bool:
    """Whether a node keeps a scale above 0: softplus(x) + eps, elu(x) + 1, a clamp from below."""
    given = below_of(node)
    if word == "Add" and len(given) == 1:
        return stem_of(given[0]) in POSITIVE | {"Elu"}
    return word in ("Clamp", "ClampMin") and (number(node, "min") or 0) > 0


def _free(scale: Scale) -> bool:
    """Whether a logarithm may become as small, and as large, as a loss would have it: a hinge may not."""
    if scale.kind != "log":
        return True
    waiting = [(scale.node, 0)]
    while waiting:
        node, depth = waiting.pop()
        word = stem_of(node)
        if word in FREE:
            return True
        within = word in ALIKE or word in PARTS or word in ("Add", "Mul", "Neg", "Div")
        least = {"Clamp": "min", "Hardtanh": "min_val", "ClampMin": "min"}.get(word)
        if least is not None:
            lowest = number(node, least)
            within = lowest is None or lowest < 0
        if word == "ClampMax" or (within and depth < FORMULA):
            waiting += [(one, depth + 1) for one in below_of(node)]
    return False
