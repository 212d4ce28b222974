"""What is derived while a step is written."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gradtui.core.facts import merged_rows
from gradtui.runstore.format.records import norm_over


@given(
    arrays(
        np.float64,
        (3, 4),
        elements=st.one_of(
            st.sampled_from([0.0, np.inf, np.nan]), st.floats(1e-300, 1e300), st.floats(0, 10)
        ),
    )
)
def test_the_quick_norm_is_the_exact_one(norms: np.ndarray) -> None:
    every = np.ones(4, np.bool_)
    expected = merged_rows(norms, np.zeros(4, np.int64), 1)[:, 0]
    np.testing.assert_allclose(norm_over(norms, every), expected, rtol=1e-14)
    np.testing.assert_allclose(
        norm_over(norms, np.array([True, False, True, False])),
        merged_rows(norms[:, ::2], np.zeros(2, np.int64), 1)[:, 0],
        rtol=1e-14,
    )
    assert (norm_over(norms, ~every) == 0).all()
