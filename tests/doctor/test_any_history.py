"""Whatever a run looks like, the doctor answers; and what he says does not hang on trifles."""

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.core.event import RunInfo
from gradtui.core.history import History
from gradtui.core.layout import Layout
from gradtui.core.snapshot import Grad, NonFinite
from gradtui.core.symptom import OPEN, VERDICTS
from gradtui.doctor.diagnose import diagnose
from tests.factories import mlp_layout, run_info, snapshot

SIZES = st.sampled_from([0.0, 1e-300, 1e-30, 1e-12, 1e-5, 0.1, 1.0, 50.0, 1e5, 1e30, 1e300])
LOSSES = st.sampled_from([0.0, -3.0, 1e-9, 0.69, 2.3, 40.0, 1e9, np.nan, np.inf, -np.inf])
INFOS = st.sampled_from(
    [
        run_info(),
        run_info(task="", classes=0),
        run_info(task="regression", classes=0, optimizer="Adam"),
        run_info(task="critic", classes=0),
        run_info(task="", classes=0, precision="float16"),
    ]
)


@dataclass(frozen=True)
class Stretch:
    steps: int
    norms: tuple[float, ...]
    loss: float
    slow: bool
    turns: bool
    """Another optimizer has every second step."""
    skipped: bool
    clip: float


CLIPS = st.sampled_from([1.0, 0.0, 0.1, np.nan, np.inf])
LENGTHS = st.sampled_from([1, 3, 30, 90])
NORMS = st.tuples(SIZES, SIZES, SIZES, SIZES)
BOOLS = st.booleans()
STRETCHES = st.lists(
    st.builds(Stretch, LENGTHS, NORMS, LOSSES, BOOLS, BOOLS, BOOLS, CLIPS), min_size=1, max_size=4
)


def history_of(rows: int, info: RunInfo, stretches: list[Stretch]) -> History:
    """Stretches of steps of any size, losses of any kind, gradients that are missing now and then."""
    layout = mlp_layout(rows)
    history = History(layout, info)
    rng = np.random.default_rng(0)
    half, step = rows, 0
    for one in stretches:
        norms = np.array(one.norms[:rows])
        for _ in range(one.steps):
            sizes = norms * rng.uniform(0.5, 2)
            made = snapshot(layout, step, sizes, loss=one.loss, slow=one.slow)
            if one.turns:
                made.grads[slice(None, half) if step % 2 else slice(half, None)] = np.nan
            seen = NonFinite(step, "forward", "", "loss") if np.isinf(one.loss) else None
            changes = {"skipped": one.skipped, "clip_coefficient": one.clip, "nonfinite": seen}
            history.append(replace(made, **changes))
            step += 1
    return history


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 4), INFOS, STRETCHES)
def test_there_is_always_an_answer(rows: int, info: RunInfo, stretches: list[Stretch]) -> None:
    facts = history_of(rows, info, stretches).facts()
    diagnosis = diagnose(facts)
    assert diagnosis.verdict in (*VERDICTS, *OPEN)
    assert diagnosis.healthy == (not diagnosis.findings)
    for finding in diagnosis.findings:
        assert 0 <= finding.first_step <= diagnosis.step
        assert finding.evidence
        assert finding.remedies
        assert len(finding.rows) == len(finding.layers)
    assert diagnose(facts.until(len(facts))) == diagnosis


@settings(deadline=None, max_examples=60)
@given(st.floats(1e-3, 1e3), st.integers(0, 9))
def test_the_scale_of_a_healthy_loss_is_nobodys_business(scale: float, seed: int) -> None:
    """A regression that is on its way down alarms in no unit between thousandths and thousands."""
    rng = np.random.default_rng(seed)
    layout = mlp_layout(4)
    history = History(layout, run_info(task="", classes=0, optimizer="Adam"))
    for step in range(80):
        loss = scale * 0.97**step * rng.uniform(0.8, 1.2)
        norms = np.full(4, 0.5) * rng.uniform(0.7, 1.4, 4)
        history.append(snapshot(layout, step, norms, loss=loss, accuracy=float("nan")))
        if step % 4 == 3 or step < 4:  # two neighbours say nearly the same
            assert diagnose(history.facts()).healthy


@settings(deadline=None, max_examples=30)
@given(st.integers(3, 12), st.randoms(use_true_random=False))
def test_the_order_of_registration_does_not_matter_to_what_fades(depth: int, rand: object) -> None:
    layout = mlp_layout(depth)
    norms = np.logspace(-10, -1, depth)
    turned = Layout(layout.tensors[::-1], layout.rows)  # tensors in any order, rows as they are
    for shape, sizes in ((layout, norms), (layout, norms[::-1]), (turned, norms)):
        history = History(shape, run_info(task="", classes=0))
        for step in range(30):
            history.append(snapshot(shape, step, sizes, loss=1.0, accuracy=float("nan")))
        finding = diagnose(history.facts()).findings[0]
        assert finding.symptom == "vanishing_gradient"
        assert int(np.argmin(sizes)) in finding.rows


def test_a_missing_gradient_is_no_nan() -> None:
    layout = mlp_layout(4)
    history = History(layout, run_info(task="", classes=0))
    for step in range(40):
        made = snapshot(layout, step, np.full(4, 0.3), loss=1.0 - 0.01 * step)
        made.grads[:2] = np.nan
        history.append(made)
    diagnosis = diagnose(history.facts())
    assert diagnosis.healthy
    assert any("never had a gradient" in note for note in diagnosis.notes)
    assert np.isnan(history.facts().grads[:, 0, Grad.NORM]).all()
