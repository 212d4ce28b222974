"""From what was seen of a forward pass back to where the first NaN or infinity came from.

Infinities alone are suspects only: an attention mask is full of them, and a sigmoid swallows them.
So the first NaN, or else an output of the whole that is not finite, is followed back.
"""

from dataclasses import dataclass

from gradtui.core.autopsy import Argument
from gradtui.nan_trace.module_trace import Visit, own_parameters
from gradtui.nan_trace.module_walk import walk
from gradtui.nan_trace.value_ranges import ValueRange
from gradtui.nan_trace.value_ranges import look as look_at_tensor

SOFTMAX = ("softmax", "softmin", "attention", "attn", "transformer")
"""In the names of modules to which minus infinity is a mask."""


@dataclass(frozen=True, slots=True)
class Origin:
    """`visit` is None where it lies outside of every module. With `code` it is in the module's own
    code."""

    phase: str
    visit: Visit | None
    tensor: str
    code: str = ""
    operation: str = ""
    look: ValueRange | None = None
    """What was not finite."""
    argument: Argument | None = None
    """What the operation was given."""
    source: str = ""
    """Where the program made it."""
    node: int = -1
    """Of a backward pass: how many nodes of the graph were made in that call before the one at fault."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A beginning or an end at which something was not finite."""

    when: int
    visit: Visit
    look: ValueRange
    end: bool


def forward_origin(visits: list[Visit], *, lost: bool) -> Origin | None:
    """None where nothing is wrong. `lost`: the loss is not finite, so that infinities that reach the
    outputs of the whole are as bad as NaN."""
    root = visits[0]
    seen = [_Seen(v.began, v, v.inputs, False) for v in visits if v.inputs.bad]
    seen += [_Seen(v.ended, v, v.outputs, True) for v in visits if v.outputs.bad]
    seen.sort(key=lambda one: one.when)
    decisive = next((one for one in seen if one.look.nan and not _masked(one)), None)
    if decisive is None and root.outputs.bad and lost:
        decisive = _Seen(root.ended, root, root.outputs, True)
    if decisive is None:
        unfinished = [v for v in visits if v.ended < 0]
        return None if not unfinished or not seen else _trace_back(seen[0], seen, visits)
    return _trace_back(decisive, seen, visits)


def _masked(one: _Seen) -> bool:
    """NaN went in, and finite numbers came out."""
    return not one.end and one.visit.ended >= 0 and not one.visit.outputs.bad


def _trace_back(start: _Seen, seen: list[_Seen], visits: list[Visit]) -> Origin:
    one = start
    for _ in range(4 * len(visits) + 4):
        before = _before(one, seen, visits)
        if isinstance(before, Origin):
            return before
        one = before
    return _at(one.visit, visits, one.look)


def _before(one: _Seen, seen: list[_Seen], visits: list[Visit]) -> "_Seen | Origin":
    visit = one.visit
    if one.end:
        inside = [e for e in seen if e.end and e.visit.parent is visit and _leads(e, one, seen)]
        if inside:
            return inside[-1]
        if visit.inputs.bad and not (visit.inputs.mask_like and _takes_masks(visit)):
            return _Seen(visit.began, visit, visit.inputs, False)
        return _at(visit, visits, one.look)
    parent = visit.parent
    if parent is None:
        place = visit.inputs.places[0] if visit.inputs.places else ""
        return Origin("data", visit, f"input{place and ' '}{place}", look=visit.inputs)
    earlier = [e for e in seen if e.end and e.visit.parent is parent and _leads(e, one, seen)]
    same = [e for e in earlier if e.look.ids & one.look.ids]
    if same or earlier:
        return (same or earlier)[-1]
    if parent.inputs.bad and not (one.look.nan and parent.inputs.mask_like):
        return _Seen(parent.began, parent, parent.inputs, False)
    return _in_code(parent, visit, visits, one.look)


def _leads(earlier: _Seen, later: _Seen, seen: list[_Seen]) -> bool:
    """Whether an output can have brought about what came later: not if whoever was given it has
    swallowed it."""
    if earlier.when >= later.when:
        return False
    if earlier.look.ids & later.look.ids:
        return True
    given = [e.visit for e in seen if not e.end and e.look.ids & earlier.look.ids]
    given = [v for v in given if earlier.when < v.began and v is not later.visit]
    return not given or any(v.outputs.bad or v.ended < 0 for v in given)


def _takes_masks(visit: Visit) -> bool:
    """Whether minus infinity is what such a module may be given."""
    words = type(visit.module).__name__.lower()
    return any(word in words for word in SOFTMAX) or bool(visit.children)


def _at(visit: Visit, visits: list[Visit], look: ValueRange) -> Origin:
    """The module itself; its weights, where they were not finite to begin with."""
    names = [
        f"{name}"
        for name, tensor in own_parameters(visit.module, {id(v.module) for v in visits})
        if look_at_tensor(tensor).bad
    ]
    if names:
        return Origin("weights", visit, names[0], look=visit.weights)
    code = ""
    if visit.children:
        lost = _lost_in(visit)
        if lost is not None:
            return lost
        code = f"after {_short(visit.children[-1], visit)}"
    return Origin("forward", visit, "output", code, look=look)


def _in_code(parent: Visit, child: Visit, visits: list[Visit], look: ValueRange) -> Origin:
    """Between two of a module's children, or before the first."""
    lost = _lost_in(parent)
    if lost is not None:
        return lost
    earlier = [v for v in parent.children if v.index < child.index]
    here = _short(child, parent)
    code = f"between {_short(earlier[-1], parent)} and {here}" if earlier else f"before {here}"
    return Origin("forward", parent, "output", code, look=look)


def _lost_in(visit: Visit) -> Origin | None:
    """Parameters that a module's own code may have used, of whichever module they are."""
    for path, one in walk(visit.module):
        for name, tensor in (vars(one).get("_parameters") or {}).items():
            if tensor is not None and look_at_tensor(tensor).bad:
                where = f"{visit.path}.{path}" if visit.path and path else visit.path or path
                return Origin("weights", Visit(-1, where, one, visit, -1, -1), name)
    return None


def _short(child: Visit, parent: Visit) -> str:
    """The name of a child as its parent knows it."""
    prefix = f"{parent.path}." if parent.path else ""
    return child.path.removeprefix(prefix) or child.kind
