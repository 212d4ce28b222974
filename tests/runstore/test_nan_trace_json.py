"""An autopsy survives being a line of a file, and a strange line does no harm."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.core.autopsy import AROUND, Argument, Autopsy, ModuleRange, Span
from gradtui.runstore.format.nan_trace_json import LONGEST, autopsy_from, autopsy_json

SPAN = Span(0.0, 6.5e4, 3, 64)
FOUND = Autopsy(
    step=7,
    phase="backward",
    module="net.3",
    kind="Linear",
    tensor="weight.grad",
    words="it broke",
    code="between a and b",
    operation="Sqrt",
    source="train.py:41",
    argument=Argument(-0.9, 3.1, 22, 6144, "below 0"),
    call=1,
    inputs=SPAN,
    weights=SPAN._replace(high=1e-45),
    around=(ModuleRange("net.2", "ReLU", SPAN, None, None, SPAN), ModuleRange("net.3", "Linear")),
    at=1,
    float32_would_hold=True,
    reproduced=False,
)


def test_there_and_back() -> None:
    assert autopsy_from(json.loads(json.dumps(autopsy_json(FOUND), allow_nan=False))) == FOUND
    bare = Autopsy(0, "")
    assert autopsy_from(autopsy_json(bare)) == bare


def test_it_stays_small() -> None:
    long = "x" * 10_000
    one = ModuleRange(long, long, SPAN, SPAN, SPAN, SPAN)
    told = autopsy_json(Autopsy(1, long, long, long, long, long, around=(one,) * 500))
    assert len(told["around"]) == AROUND
    assert len(json.dumps(told)) < 2 * (AROUND + 4) * (LONGEST + 200)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(autopsy_json(FOUND))), ANYTHING))
def test_strange_lines(data: dict[str, object]) -> None:
    found = autopsy_from(data)
    assert found is None or isinstance(found, Autopsy)
    assert autopsy_from([data]) is None
