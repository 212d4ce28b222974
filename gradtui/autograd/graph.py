"""The graph of a loss, copied down as names and numbers before backward takes it apart."""

import weakref
from dataclasses import dataclass, field
from math import prod
from typing import Any

from torch import Tensor

from gradtui.autograd.node_types import (
    BATCH_NORMS,
    LEAF,
    OVER_DIMS,
    activation,
    name_of,
    number,
    opaque,
    over_one,
    same_size,
    shape,
    stem,
)
from gradtui.patching.own_errors import suppress_own

NODES = 8000
"""A graph with more is not read: 6 microseconds a node."""


@dataclass(slots=True)
class Graph:
    """Nodes by number, each after those whose results it takes in (inputs first).

    `below`: what a node takes in, argument by argument, -1 where nothing is trained. `above`: who
    takes it in, once for each time. What else is known of some nodes: `leaves` with their shapes,
    names of `activations` and whether the usual formulas hold, `shapes` of results; `square`:
    convolutions that keep the size of square maps; `centred`: normalisations that take the mean off
    each of their channels. `norm_values`: over how many values each normalisation takes a mean.
    `own`: names of the functions whose backward somebody has written. `of_one`: means, sums and
    softmaxes over dimensions of a single value.
    """

    words: list[str] = field(default_factory=list)
    below: list[tuple[int, ...]] = field(default_factory=list)
    above: list[list[int]] = field(default_factory=list)
    leaves: dict[int, "weakref.ref[Tensor]"] = field(default_factory=dict)
    activations: dict[int, tuple[str, bool]] = field(default_factory=dict)
    shapes: dict[int, tuple[int, ...]] = field(default_factory=dict)
    square: set[int] = field(default_factory=set)
    centred: set[int] = field(default_factory=set)
    norm_values: list[int] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    of_one: set[int] = field(default_factory=set)
    opaque: bool = False

    def add(self, node: Any, edges: tuple[int, ...]) -> int:
        at, word = len(self.words), stem(name_of(node))
        self.words.append(word)
        self.below.append(edges)
        self.above.append([])
        for one in edges:
            if one >= 0:
                self.above[one].append(at)
        self.opaque = self.opaque or opaque(word)
        forward = getattr(type(node), "_forward_cls", None)
        if forward is not None and not forward.__module__.startswith("torch."):
            self.own += [forward.__name__] if forward.__name__ not in self.own else []
        with suppress_own:  # what a node refuses to tell is not known of it
            self._read(node, at, word, edges)
        return at

    def _read(self, node: Any, at: int, word: str, edges: tuple[int, ...]) -> None:
        if word == LEAF:
            variable = node.variable
            self.leaves[at] = weakref.ref(variable)
            self.shapes[at] = tuple(variable.shape)
        elif (named := activation(node, word))[0]:
            self.activations[at] = named
        elif word == "Convolution":
            self.shapes[at] = sizes = shape(node)
            kernel = self._kernel(edges)
            if len(sizes) == 4 and sizes[2] == sizes[3] and kernel and same_size(node, kernel):
                self.square.add(at)
        elif word in BATCH_NORMS:
            self.shapes[at] = sizes = shape(node)
            if number(node, "training") or word == "CudnnBatchNorm":
                self.centred.add(at)
                if len(sizes) > 1 and sizes[1]:
                    self.norm_values.append(prod(sizes) // sizes[1])
        elif word == "NativeGroupNorm":
            self.shapes[at] = shape(node)
            channels, groups = number(node, "C"), number(node, "group")
            if groups == channels:
                self.centred.add(at)
            size = number(node, "HxW")
            if channels and groups and size:
                self.norm_values.append(int(channels / groups * size))
        elif word == "NativeLayerNorm":
            self.norm_values.append(prod(int(n) for n in node._saved_normalized_shape))
        elif word in ("Addmm", "Mm", "Linear"):
            self.shapes[at] = shape(node)
        elif word in OVER_DIMS and over_one(node):
            self.of_one.add(at)

    def _kernel(self, edges: tuple[int, ...]) -> tuple[int, ...]:
        """Of a convolution: the last sizes of its weight; () where that is computed."""
        at = edges[1]
        while at >= 0 and self.words[at] == "ToCopy":
            at = self.below[at][0]
        return self.shapes.get(at, ())[2:] if at in self.leaves else ()


def graph_of(roots: Any, most: int = NODES, kept: list[Any] | None = None) -> Graph | None:
    """Of what a backward pass from `roots` will go through; None where that is too much. `kept` gets
    the nodes themselves, by number: they hold what the pass needs, so let go of them at once."""
    given = roots if isinstance(roots, (list, tuple)) else [roots]
    waiting: list[Any] = [t.grad_fn for t in given if isinstance(t, Tensor) and t.grad_fn]
    out = Graph()
    place: dict[int, int] = {}
    opened: dict[int, tuple[Any, Any]] = {}  # holds the nodes: an id is of use only while they live
    while waiting:
        node = waiting[-1]
        key = id(node)
        if key in place:
            waiting.pop()
            continue
        known = opened.get(key)
        if known is None:
            if len(opened) >= most:
                return None
            edges = node.next_functions
            opened[key] = node, edges
            deeper = [below for below, _ in edges if below is not None and id(below) not in place]
            if deeper:
                waiting += deeper
                continue
        else:
            edges = known[1]
        waiting.pop()
        numbers = tuple(-1 if below is None else place[id(below)] for below, _ in edges)
        place[key] = out.add(node, numbers)
        if kept is not None:
            kept.append(node)
    return out
