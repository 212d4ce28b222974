"""Words for people."""

import pytest

from gradtui.core.text import listed


@pytest.mark.parametrize(
    ("count", "words"), [(0, ""), (1, "a"), (3, "a, b, c"), (4, "a, b, c and 1 more")]
)
def test_some_of_many_names(count: int, words: str) -> None:
    assert listed(list("abcd"[:count]), 3) == words
