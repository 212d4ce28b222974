"""By how much norms have changed: known answers, what is not known, and the order of rows."""

from math import nan

import numpy as np
import pytest

from gradtui.app.layer_order import SORTS, LayerOrder, moves
from gradtui.app.render.change import AROUND, BACK, change_text, changes
from gradtui.app.render.depth import depth_lines
from gradtui.app.render.drawn import Drawn
from gradtui.app.render.line import plain
from gradtui.core.facts import Facts
from gradtui.core.history import History
from gradtui.core.layout import FloatArray
from tests import factories

LAYOUT = factories.mlp_layout(4)
LEAD = float(np.hypot(1.0, 0.1))
"""A bias has a tenth of its layer's norm."""


def facts(steps: int, norms: FloatArray, later: FloatArray) -> Facts:
    kept = History(LAYOUT, factories.run_info())
    for step in range(steps):
        kept.append(factories.snapshot(LAYOUT, step, norms if step < steps - 50 else later))
    return kept.facts()


def test_the_norm_now_over_the_norm_before() -> None:
    before, now = np.array([1.0, 2.0, 1e-9, 3.0]), np.array([2.0, 1.0, 1e-3, 3.0])
    np.testing.assert_allclose(changes(facts(400, before, now)), now / before)
    # Of a short run the beginning is what it is compared with.
    np.testing.assert_allclose(changes(facts(70, before, now)), now / before)
    assert not len(changes(facts(2 * AROUND - 1, before, now)))
    assert not len(changes(None))


@pytest.mark.parametrize("odd", [0.0, nan, np.inf])
def test_what_is_no_number_is_not_compared(odd: float) -> None:
    sound, lost = np.ones(4), np.array([1.0, odd, 1.0, 1.0])
    for pair in ((sound, lost), (lost, sound)):
        found = changes(facts(200, *pair))
        assert np.isnan(found).tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1.0, "×1"),
        (1.34, "×1.3"),
        (0.041, "×0.041"),
        (2.2e5, "×2e+05"),
        (1e-9, "×1e-09"),
        (nan, "-"),
    ],
)
def test_words(ratio: float, words: str) -> None:
    assert change_text(ratio, False) == words
    assert change_text(ratio, True) == words.replace("×", "x")


def test_most_changed_first_either_way() -> None:
    found = facts(200, np.ones(4), np.array([1.1, 1e-4, nan, 50.0]))
    rows = LayerOrder(sort="most changed")
    rows.arrange(LAYOUT, found, factories.healthy().diagnosis)
    assert rows.order == (1, 3, 0, 2)
    assert moves(None) == []
    rows.arrange(LAYOUT, None, factories.healthy().diagnosis)
    assert rows.order == (0, 1, 2, 3)
    assert SORTS[0] == "depth"


def test_a_column_where_there_is_room() -> None:
    view = factories.view(factories.healthy(6))
    head, below, first, *_ = (plain(line) for line in depth_lines(view, 110, range(6), Drawn()))
    assert "change" in head
    assert f"in {BACK}" in below
    assert "×" in first
    assert "change" not in plain(depth_lines(view, 80, range(6), Drawn())[0])
