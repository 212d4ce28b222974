"""The view of one layer: what the doctor says of it, its optimizer, its histogram over the steps."""

from dataclasses import replace
from math import nan

import numpy as np
import pytest

from gradtui.app.render.detail import detail_lines
from gradtui.app.render.histogram import AXIS, histogram_map
from gradtui.app.render.line import Line, plain, width
from gradtui.app.view import View
from gradtui.core.autopsy import Autopsy
from gradtui.core.event import OptimizerGroup
from gradtui.core.facts import Facts
from gradtui.core.snapshot import HIST_BINS, HIST_LOW, Act, Grad, NonFinite, State, Weight
from tests import factories

SETTINGS = (("eps", 1e-08), ("weight_decay", 0.01), ("beta1", 0.9), ("beta2", 0.999))


def text(lines: tuple[Line, ...]) -> str:
    return "\n".join(plain(line) for line in lines)


def with_facts(view: View, **changes: object) -> View:
    assert view.facts is not None
    return replace(view, facts=replace(view.facts, **changes))  # type: ignore[arg-type]


def test_findings_are_shown_with_the_layers_that_they_name() -> None:
    view = factories.view(factories.vanishing(), selected=3)
    said = text(detail_lines(view, 90))
    assert "✗ Vanishing gradient  since step 0, here and in 10 more" in said
    assert "3e10 times below" in said
    assert "why the sigmoid's slope" in said
    assert "Vanishing gradient" not in text(detail_lines(replace(view, selected=19), 90))


def test_where_the_first_nan_was_made_is_said_of_its_layer_alone() -> None:
    found = Autopsy(
        40, "backward", "layers.2", words="sqrt of 0", operation="sqrt", source="train.py:41"
    )
    view = with_facts(
        factories.view(factories.exploding()),
        first_nonfinite=NonFinite(40, "backward", "layers.5", "weight", found),
    )
    assert "made by sqrt at train.py:41" in text(detail_lines(replace(view, selected=2), 90))
    assert "train.py" not in text(detail_lines(replace(view, selected=5), 90))
    whole = replace(found, module="layers")  # in code around the layers: the first of them is shown
    around = with_facts(view, first_nonfinite=NonFinite(40, "forward", "layers", "", whole))
    assert "train.py:41" in text(detail_lines(replace(around, selected=0), 90))
    bare = NonFinite(40, "backward", "layers.5", "weight")
    said = text(detail_lines(replace(with_facts(view, first_nonfinite=bare), selected=5), 90))
    assert "The first NaN or infinity: step 40, backward, weight" in said
    assert "made by" not in said


def test_a_signal_that_nobody_measures_is_not_said_to_be_nan() -> None:
    view = factories.view(factories.exploding())
    assert view.facts is not None
    measured = text(detail_lines(view, 90))
    assert "signal at the output" in measured
    activations = view.facts.activations.copy()
    activations[:, :, Act.SIGNAL] = nan
    activations[40:, :, Act.NONFINITE] = 3.0
    said = text(detail_lines(with_facts(view, activations=activations), 90))
    assert "signal at the output" not in said
    assert "output rms" in said


def stepped(optimizer: str, lr: float = 0.1) -> View:
    """Weight and bias (4,160 values) whose gradient norm is 5 and whose last update has norm 0.5."""
    view = factories.view(factories.healthy(4))
    facts = view.facts
    assert facts is not None
    assert view.info is not None
    grads, weights = facts.grads.copy(), facts.weights.copy()
    grads[:, 0, Grad.NORM], grads[:, 1, Grad.NORM] = 3.0, 4.0
    weights[facts.has_weights, 0, Weight.UPDATE] = 0.3
    weights[facts.has_weights, 1, Weight.UPDATE] = 0.4
    info = replace(view.info, optimizer=optimizer, settings=SETTINGS)
    found: Facts = replace(facts, grads=grads, weights=weights, lr=np.full(len(facts), lr))
    return replace(view, info=info, facts=found)


def test_the_optimizer_and_what_a_step_comes_to() -> None:
    said = text(detail_lines(stepped("AdamW"), 100))
    assert "AdamW · lr 0.100 · betas 0.9, 0.999 · eps 1e-08 · weight decay 0.01" in said
    each = 0.5 / 4160**0.5
    assert (
        f"a step moves each value by {each:.4f}, {each / 0.1:.4f} of that lr (rms, at step 55)"
        in said
    )
    assert "update / gradient 0.100\n" in said
    assert "weight decay takes 0.0010 of each value" in said


def test_a_plain_step_is_measured_against_its_gradient() -> None:
    said = text(detail_lines(stepped("sgd lr 0.1", 0.2), 100))
    assert "sgd · lr 0.200" in said
    assert "update / gradient 0.100, 0.500 of that lr" in said
    assert "weight decay takes" not in said
    assert "that lr" not in text(detail_lines(stepped("sgd", nan), 100))


def test_layers_of_another_optimizer_have_its_rate_and_not_the_firsts_settings() -> None:
    view = stepped("AdamW")
    assert view.facts is not None
    turns = np.arange(len(view.facts)) % 2
    grads = view.facts.grads.copy()
    grads[turns == 0, 2:] = nan
    grads[turns == 1, :2] = nan
    view = with_facts(view, optimizer=turns, grads=grads, lr=np.where(turns == 1, 0.5, 0.1))
    first, second = (text(detail_lines(replace(view, selected=row), 100)) for row in (0, 2))
    assert "optimizer 1 of 2 (AdamW) · lr 0.100 · betas" in first
    assert "optimizer 2 of 2 (AdamW) · lr 0.500" in second
    assert "betas" not in second


def grouped(*places: int | None, lr: float | None = 0.5) -> View:
    """Weight and bias of each layer in the groups of these places, of three."""
    view = stepped("AdamW")
    assert view.facts is not None
    assert view.info is not None
    named = zip(view.facts.layout.tensors, places * 4, strict=False)
    layout = replace(view.facts.layout, tensors=tuple(replace(t, group=g) for t, g in named))
    decay = (("weight_decay", 0.3), ("beta1", 0.8), ("beta2", 0.9))
    groups = (
        OptimizerGroup(0, "AdamW", 0, 3, 0.1, SETTINGS),
        OptimizerGroup(0, "AdamW", 1, 3, lr, decay),
        OptimizerGroup(0, "AdamW", 2, 3, 0.1, (("weight_decay", 0.0),)),
    )
    facts = replace(view.facts, layout=layout)
    info = replace(view.info, groups=groups)
    return replace(view, facts=facts, layout=layout, info=info)


def test_a_layer_has_the_settings_of_its_own_group() -> None:
    said = text(detail_lines(grouped(1, 1), 100))
    assert "optimizer  group 2 of 3" in said
    assert "AdamW · lr 0.500 at first · betas 0.8, 0.9 · weight decay 0.3\n" in said
    # At each step the rate of the first group is recorded, which this one is not.
    assert "of that lr" not in said
    assert "weight decay takes" not in said
    assert "AdamW · betas" in text(detail_lines(grouped(1, 1, lr=None), 100))
    alike = text(detail_lines(grouped(1, 1, lr=0.1), 100))
    assert "AdamW · lr 0.100 · betas 0.8, 0.9" in alike
    assert "weight decay takes 0.0300 of each value" in alike


def test_a_layer_whose_tensors_lie_in_several_groups_says_so() -> None:
    said = text(detail_lines(grouped(0, 2), 100))
    assert "optimizer  tensors of this layer lie in 2 groups of parameters" in said
    assert "   AdamW\n" in said
    assert (
        "group 1 of 3, weight · lr 0.100 · betas 0.9, 0.999 · eps 1e-08 · weight decay 0.01" in said
    )
    assert "group 3 of 3, bias · lr 0.100 · weight decay 0\n" in said
    assert "weight decay takes" not in said
    apart = text(detail_lines(grouped(0, 1), 100))
    assert "group 2 of 3, bias · lr 0.500 at first" in apart
    assert "of that lr" not in apart


def test_groups_that_are_not_known_are_not_made_up() -> None:
    assert "as of its first group" in text(detail_lines(grouped(None, None), 100))
    assert "as of its first group" in text(detail_lines(grouped(7, 7), 100))


def with_states(view: View, **columns: float) -> View:
    """Looked at at steps 0, 20 and 40, with these columns in all tensors."""
    assert view.facts is not None
    table = np.full((len(view.facts.layout.tensors), State.COLUMNS), nan)
    for name, value in columns.items():
        table[:, getattr(State, name)] = value
    return with_facts(view, states=dict.fromkeys((0, 20, 40), table))


def numbers(view: View, label: str) -> list[list[str]]:
    """The words of each line with that label: now, least, most, and the history."""
    lines = text(detail_lines(view, 100)).splitlines()
    return [line[len(label) + 1 :].split() for line in lines if line.startswith(f" {label}  ")]


def test_moments_and_the_step_that_they_make() -> None:
    view = with_states(stepped("AdamW"), FIRST=3.0, SECOND=4.0, NONFINITE=0.0)
    # Weight and bias together have 4,160 values.
    first, root = 18**0.5, (32 / 4160) ** 0.5
    for label, value in (
        ("first moment", first),
        ("second moment, root", root),
        ("m / sqrt v, in lr", first / 4160**0.5 / (root + 1e-8)),
    ):
        (words,) = numbers(view, label)
        assert words[:3] == [f"{value:.1e}"] * 3, label
    early = numbers(
        with_states(stepped("AdamW"), FIRST=3.0, SECOND=4.0, NONFINITE=0.0, STEPS=1.0),
        "m / sqrt v, in lr",
    )
    # Of the means there are 0.1 and 0.001 after one step.
    assert early[0][0] == f"{first / 4160**0.5 / root * 0.001**0.5 / 0.1:.1e}"
    assert view.info is not None
    coarse = replace(view, info=replace(view.info, settings=(("eps", 1.0),)))
    assert numbers(coarse, "m / sqrt v, in lr")[0][0] == f"{first / 4160**0.5 / (root + 1):.1e}"


def test_moments_that_nobody_took_are_not_nan_and_a_nan_is() -> None:
    labels = ("first moment", "second moment, root", "m / sqrt v, in lr")
    for view in (stepped("SGD"), with_states(stepped("SGD"), LR=0.1)):
        assert all(numbers(view, label) == [] for label in labels)
    lost = with_states(stepped("AdamW"), FIRST=nan, SECOND=nan, NONFINITE=2.0)
    assert all(numbers(lost, label)[0][0] == "NaN" for label in labels)


def test_tensors_without_moments_do_not_hide_those_of_others() -> None:
    view = with_states(stepped("AdamW"), FIRST=3.0, SECOND=4.0, NONFINITE=0.0)
    assert view.facts is not None
    states = {step: table.copy() for step, table in view.facts.states.items()}
    for table in states.values():
        table[1] = nan
    assert numbers(with_facts(view, states=states), "first moment")[0][0] == "3.0e+00"


def test_the_rate_of_a_later_group_is_that_which_was_looked_at_last() -> None:
    view = with_states(grouped(1, 1), LR=0.05)
    said = text(detail_lines(view, 100))
    assert "AdamW · lr 0.0500 at step 40 · betas 0.8, 0.9 · weight decay 0.3\n" in said
    assert "weight decay takes 0.0150 of each value" in said
    assert numbers(view, "learning rate")[0][0] == "5.0e-02"
    # Of the first group every step's is known.
    assert "AdamW · lr 0.100 · betas" in text(
        detail_lines(with_states(grouped(0, 0), LR=0.05), 100)
    )
    assert numbers(stepped("AdamW"), "learning rate") == []


def counts(*powers: int) -> np.ndarray:
    out = np.zeros(HIST_BINS)
    for power in powers:
        out[power - HIST_LOW] += 1
    return out


def test_the_histogram_over_the_steps_has_a_record_until_the_next() -> None:
    records = [(0, counts(-1, -1, -1, -4)), (50, counts(-4)), (75, counts(0))]
    lines = [plain(line) for line in histogram_map(records, 99, AXIS + 100, 8)]
    cells = {line[:AXIS].strip(): line[AXIS:] for line in lines}
    assert [line[:AXIS].strip() for line in lines] == ["2^0", "", "", "2^-3", "", ""]
    assert cells["2^0"] == " " * 75 + "█" * 25
    assert lines[1][AXIS:] == "█" * 50 + " " * 50
    assert lines[4][AXIS:] == "▓" * 50 + "█" * 25 + " " * 25
    assert lines[5].strip().endswith("99")
    few = [plain(line) for line in histogram_map(records, 99, AXIS + 100, 3, ascii_only=True)]
    assert len(few) == 4
    assert few[0][AXIS:].strip("#* ") == ""


def test_one_record_is_no_history() -> None:
    assert not list(histogram_map([(0, counts(1))], 9, 80, 9))
    assert not list(histogram_map([(0, counts()), (5, counts())], 9, 80, 9))


@pytest.mark.parametrize(("cells", "height"), [(30, 10), (78, 19), (138, 38), (198, 54)])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_layer_view_fits_and_fills_its_width(cells: int, height: int, ascii_only: bool) -> None:
    made = factories.exploding()
    kept = factories.history(made).histograms
    view = factories.view(made, recorded=tuple(kept.items()), ascii_only=ascii_only)
    lines = detail_lines(view, cells, height=height)
    assert not ascii_only or text(lines).isascii()
    rule = "|" if ascii_only else "│"
    if cells > 100:
        assert all(width(line) <= cells for line in lines)
        assert sum(rule in plain(line) for line in lines) > 20
        assert max(map(width, lines)) > cells * 4 // 5
        assert len(lines) <= height
    assert "and over the steps" in text(lines)
    assert "least" in text(lines) or cells < 60
