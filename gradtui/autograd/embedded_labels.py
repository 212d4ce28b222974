"""What labels have to do with the indices that an embedding was given, position for position.

Read off the graph of a loss. Where they are equal, and nothing between that embedding and the scores mixes
positions, the answer stands in the input: a decoder is given the token that it is to say (Sutskever, Vinyals
and Le, 2014, and Vaswani et al., 2017, shift its inputs by one). Where one label stands just where one index
does, in most places, it is padding.

On a CPU alone: another device would have to be waited for.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.graph import Graph
from gradtui.autograd.label_frequencies import MEAN
from gradtui.autograd.node_types import ACTIVATIONS, DROPOUTS, LIKELIHOODS, TURNS, VIEWS, words
from gradtui.autograd.saved_tensors import plain, saved

POSITIONS, EXAMPLES = 2, 4
"""Of a sequence, and sequences, that are asked for at least."""
SEQUENCE = 6
"""Positions that are asked for where they are shifted."""
MOST = 1 << 18
"""Labels that are read, at most."""
PADDED = 0.5
"""Share of all labels from which on one that goes with one index is told."""
SURE = 0.98
"""Of the places of either that are places of both."""
EACH_BY_ITSELF = (
    VIEWS
    | TURNS
    | DROPOUTS
    | frozenset(ACTIVATIONS)
    | words("Addmm Mm Linear Cat Add Sub Mul Div LogSoftmax NativeLayerNorm FusedRmsNorm RmsNorm")
    | words("UnsafeView MkldnnRnnLayer CudnnRnn")
)
"""Nodes whose result at a position has in it what was given at that position. A recurrent layer has all up
to there in it."""


@dataclass(frozen=True, slots=True)
class EmbeddedLabels:
    """`copied`: the labels are the indices, and each reaches the scores of its own position. `passed_over`:
    they are those of two positions on, so that what comes next is never asked for. `padding`: the label that
    stands where one index does, -1 where there is none, in `share` of the places."""

    copied: bool = False
    passed_over: bool = False
    padding: int = -1
    share: float = 0.0


NONE = EmbeddedLabels()


def embedded_labels(graph: Graph, nodes: list[Any]) -> EmbeddedLabels:
    """Of a loss that is one plain mean of cross-entropies; both as `readable` gives them."""
    ends = [at for at, word in enumerate(graph.words) if word in LIKELIHOODS]
    tables = [at for at, word in enumerate(graph.words) if word == "Embedding"]
    if len(ends) != 1 or not tables:
        return NONE
    labels, ignored = _labels(nodes[ends[0]])
    if labels is None:
        return NONE
    with torch.no_grad():
        given = {at: one for at in tables if (one := _indices(nodes[at], labels)) is not None}
        counted = labels != ignored
        same = [at for at, one in given.items() if bool((one == labels)[counted].all())]
        said = labels[counted]
        varied = len(said) > 0 and int(said.min()) < int(said.max())
        if varied and not same and any(_passed_over(nodes[at], labels, counted) for at in tables):
            return EmbeddedLabels(passed_over=True)
        if same and varied and not _reached(graph, ends[0]).isdisjoint(same):
            return EmbeddedLabels(copied=True)
        if same or not bool(counted.all()):
            return NONE
        for one in given.values():
            label, share = _padding(labels, one)
            if share >= PADDED:
                return EmbeddedLabels(padding=label, share=share)
    return NONE


def _labels(node: Any) -> tuple[Tensor | None, int]:
    """[positions] of a mean without weights, and the label that is left out of it."""
    ignored = plain(node, "ignore_index")
    weighted = node._raw_saved_weight.unpack_hook is not None or node._saved_weight is not None
    labels = saved(node, "target")
    if plain(node, "reduction") != MEAN or weighted or labels is None or ignored is None:
        return None, 0
    whole = 0 < labels.numel() <= MOST and not labels.is_floating_point()
    return (labels.reshape(-1) if whole else None), int(ignored)


def _indices(node: Any, labels: Tensor) -> Tensor | None:
    """[positions] of sequences, as many as there are labels."""
    found = saved(node, "indices")
    if found is None or found.dim() < 2 or found.numel() != labels.numel():
        return None
    if found.shape[-1] < POSITIONS or found.numel() // found.shape[-1] < EXAMPLES:
        return None
    return found.reshape(-1)


def _passed_over(node: Any, labels: Tensor, counted: Tensor) -> bool:
    """Whether labels are the indices of two positions on, of rows with a position more or as many, and not as
    often those of the next one."""
    found = saved(node, "indices")
    if found is None or found.dim() != 2 or len(found) < EXAMPLES or found.shape[1] < SEQUENCE:
        return False
    long = found.shape[1]
    if labels.numel() not in (len(found) * long, len(found) * (long - 1)):
        return False
    rows = labels.view(len(found), -1)[:, : long - 2]
    known = counted.view(len(found), -1)[:, : long - 2]
    skipped = (rows == found[:, 2:])[known].double().mean()
    following = (rows == found[:, 1:-1])[known].double().mean()
    return bool(skipped >= SURE) and bool(following < SURE)


def _padding(labels: Tensor, indices: Tensor) -> tuple[int, float]:
    """The commonest label, and its share where it stands just where the commonest index does; else 0."""
    label, index = int(labels.mode().values), int(indices.mode().values)
    here, there = labels == label, indices == index
    both = int((here & there).sum())
    if both < SURE * max(int(here.sum()), int(there.sum())):
        return label, 0.0
    return label, float(here.double().mean())


def _reached(graph: Graph, end: int) -> set[int]:
    """Nodes that are got at from a loss through such that keep positions apart."""
    waiting, seen = [one for one in graph.below[end] if one >= 0], set()
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        if graph.words[at] in EACH_BY_ITSELF:
            waiting += [one for one in graph.below[at] if one >= 0]
    return seen
