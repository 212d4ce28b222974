"""An autopsy as a JSON object of bounded size, and back. What is not understood is left out."""

from typing import Any, TypeGuard

from gradtui.core.autopsy import AROUND, Argument, Autopsy, ModuleRange, Span

LONGEST = 600
"""Characters of one text."""
LARGEST = 1e308
TEXTS = ("phase", "module", "kind", "tensor", "words", "code", "operation", "source")
SPANS = ("inputs", "outputs", "weights")
RANGES = (*SPANS, "gradient")


def autopsy_json(found: Autopsy) -> dict[str, Any]:
    data: dict[str, Any] = {"step": found.step}
    data |= {name: getattr(found, name)[:LONGEST] for name in TEXTS}
    data |= {"call": found.call, "at": found.at}
    data |= {"float32_would_hold": found.float32_would_hold, "reproduced": found.reproduced}
    data |= {name: _span_json(getattr(found, name)) for name in SPANS}
    data["argument"] = None if found.argument is None else _argument_json(found.argument)
    data["around"] = [_range_json(one) for one in found.around[:AROUND]]
    return data


def autopsy_from(data: object) -> Autopsy | None:
    """What a line of an events file holds; None where that is no autopsy."""
    if not isinstance(data, dict) or not _is_whole(data.get("step")):
        return None
    told: dict[str, Any] = {name: _text(data.get(name)) for name in TEXTS}
    told |= {name: _span_from(data.get(name)) for name in SPANS}
    told |= {name: data[name] for name in ("call", "at") if _is_whole(data.get(name))}
    told["argument"] = _argument_from(data.get("argument"))
    held, around = data.get("float32_would_hold"), data.get("around")
    told["float32_would_hold"] = held if isinstance(held, bool) else None
    told["reproduced"] = data.get("reproduced") is not False
    if isinstance(around, list):
        told["around"] = tuple([_range_from(r) for r in around[:AROUND] if isinstance(r, dict)])
    return Autopsy(data["step"], **told)


def _argument_json(one: Argument) -> dict[str, Any]:
    return one._asdict() | {"what": one.what[:LONGEST]}


def _argument_from(data: object) -> Argument | None:
    if not isinstance(data, dict):
        return None
    low, high, odd, size = (data.get(name) for name in ("low", "high", "odd", "size"))
    if not (_is_number(low) and _is_number(high) and _is_whole(odd) and _is_whole(size)):
        return None
    return Argument(float(low), float(high), odd, size, _text(data.get("what")))


def _range_json(one: ModuleRange) -> dict[str, Any]:
    spans = {name: _span_json(getattr(one, name)) for name in RANGES}
    told = {name: span for name, span in spans.items() if span is not None}
    return {"path": one.path[:LONGEST], "kind": one.kind[:LONGEST]} | told


def _range_from(data: dict[str, Any]) -> ModuleRange:
    spans = {name: _span_from(data.get(name)) for name in RANGES}
    return ModuleRange(_text(data.get("path")), _text(data.get("kind")), **spans)


def _span_json(span: Span | None) -> list[float] | None:
    return None if span is None else list(span)


def _span_from(data: object) -> Span | None:
    if not isinstance(data, list) or len(data) != len(Span._fields):
        return None
    if not all(_is_number(one) for one in data):
        return None
    return Span(float(data[0]), float(data[1]), int(data[2]), int(data[3]))


def _text(data: object) -> str:
    return data[:LONGEST] if isinstance(data, str) else ""


def _is_number(data: object) -> TypeGuard[float]:
    return isinstance(data, (int, float)) and abs(data) < LARGEST


def _is_whole(data: object) -> TypeGuard[int]:
    return isinstance(data, int) and not isinstance(data, bool) and abs(data) < 1 << 53
