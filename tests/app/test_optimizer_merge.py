"""Optimizers that take turns: every row keeps its latest value, and no gap is drawn as NaN."""

from dataclasses import replace

import numpy as np

from gradtui.app.optimizer_merge import OptimizerMerge, histograms_together
from gradtui.app.render.heat import heat_lines
from gradtui.app.render.history import Columns
from gradtui.app.render.line import plain
from gradtui.app.watched_run import WatchedRun
from gradtui.core.history import History
from gradtui.core.layout import FloatArray
from gradtui.core.snapshot import Grad, Snapshot
from tests import factories
from tests.app.fake_source import FakeSource, Playing
from tests.app.playing import playing, text, until

LAYOUT = factories.mlp_layout(6)
OWN = np.array([tensor.row >= 3 for tensor in LAYOUT.tensors])
"""The last three rows are the second optimizer's."""


def turn(step: int, norms: FloatArray | None = None, run: int = 1) -> Snapshot:
    """Even steps are the first optimizer's, odd ones the second's."""
    norms = np.full(6, 0.1 * (step + 1)) if norms is None else norms
    loss = 2.0 if step % 2 == 0 else 0.1
    whole = factories.snapshot(LAYOUT, step, norms, loss=loss, run=run)
    others = OWN if step % 2 == 0 else ~OWN
    whole.grads[others] = np.nan
    assert whole.weights is not None
    whole.weights[others] = np.nan
    assert whole.histograms is not None
    whole.histograms[others] = 0
    return replace(whole, optimizer=step % 2, lr=0.1 if step % 2 == 0 else 0.2)


def history(steps: int) -> History:
    out = History(LAYOUT, factories.run_info())
    for step in range(steps):
        out.append(turn(step))
    return out


def test_rows_keep_their_latest_value_and_the_loss_is_the_firsts() -> None:
    facts = OptimizerMerge().fill(history(9).facts())
    lead = float(np.hypot(1.0, 0.1))  # a bias has a tenth of its layer's norm
    np.testing.assert_allclose(facts.row_norms[-1], lead * np.array([0.9] * 3 + [0.8] * 3))
    assert np.isfinite(facts.row_norms).all()
    assert np.isfinite(facts.weights).all()
    assert facts.loss.tolist() == [2.0] * 9
    assert facts.lr.tolist() == [0.1] * 9


def test_step_by_step_is_the_same_as_at_once() -> None:
    one, together = History(LAYOUT, factories.run_info()), OptimizerMerge()
    for step in range(300):
        one.append(turn(step))
        grown = together.fill(one.facts())
    whole = OptimizerMerge().fill(one.facts())
    for name in ("grads", "weights", "row_norms", "total_norm", "loss", "lr"):
        np.testing.assert_array_equal(getattr(grown, name), getattr(whole, name), err_msg=name)
    early = together.fill(one.facts().until(7))
    np.testing.assert_array_equal(early.row_norms, whole.row_norms[:7])


def test_after_thinning_all_is_filled_anew() -> None:
    one, together = History(LAYOUT, factories.run_info(), capacity=64), OptimizerMerge()
    for step in range(400):
        one.append(turn(step))
        facts = together.fill(one.facts())
        assert not step or np.isfinite(facts.row_norms).all()
    np.testing.assert_array_equal(facts.row_norms, OptimizerMerge().fill(one.facts()).row_norms)


def test_what_its_own_optimizer_leaves_out_has_no_gradient() -> None:
    kept = history(6)
    own = turn(6)
    own.grads[0:2] = np.nan
    kept.append(own)
    facts = OptimizerMerge().fill(kept.facts())
    assert np.isnan(facts.row_norms[-1, 0])
    assert np.isfinite(facts.row_norms[-1, 1:]).all()


def test_a_nan_of_another_optimizer_stays_on_screen() -> None:
    kept = history(5)
    kept.append(turn(5, np.full(6, np.nan)))
    kept.append(turn(6))
    facts = OptimizerMerge().fill(kept.facts())
    assert np.isnan(facts.row_norms[-1, 3:]).all()
    assert (facts.grads[-1, OWN, Grad.NONFINITE] > 0).all()


def test_one_optimizer_costs_nothing() -> None:
    facts = factories.history(factories.healthy()).facts()
    assert OptimizerMerge().fill(facts) is facts


def test_histograms_of_all_are_together() -> None:
    kept = history(6).histograms
    found = histograms_together(kept, 4)
    assert found is not None
    assert found[0] == 4
    assert (found[1].sum(axis=1) > 0).all()
    assert not (kept[4].sum(axis=1) > 0).all()


def test_the_heat_map_has_no_gaps() -> None:
    facts = OptimizerMerge().fill(history(40).facts())
    made = factories.healthy(6)
    view = factories.view(made, 40)
    lines = heat_lines(replace(view, facts=facts, layout=LAYOUT), 90, 10, Columns())
    assert not any("!" in plain(line) for line in lines[:6])


class RoundLength(FakeSource):
    """A run whose two optimizers take turns."""

    def _snapshot(self, playing: Playing) -> Snapshot:
        return turn(playing.step, run=self._run)


async def test_the_screen_stays_readable(tmp_path) -> None:  # type: ignore[no-untyped-def]
    source = RoundLength(lambda _: factories.healthy(6, 200), per_poll=3)
    watched = WatchedRun("attach", tmp_path, "python gan.py")
    # Wide: the header leaves its last words out where a slow machine's figures are longer.
    async with playing(size=(200, 45), source=source, watched=watched) as (app, pilot):
        await until(pilot, lambda: app.session.current.live_step > 60)
        for _ in range(6):
            screen = text(app)
            rows = [line for line in screen.splitlines() if "● layers." in line]
            assert len(rows) == 6
            assert "NaN/inf" not in screen
            assert "2 optimizers, loss of the first" in screen
            await pilot.pause(0.1)
