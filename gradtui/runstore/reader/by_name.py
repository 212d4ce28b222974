"""Series of all tensors, by the tensor's name."""

from collections.abc import Iterator, Mapping

import numpy as np

from gradtui.core.layout import FloatArray
from gradtui.core.text import did_you_mean


class ByName(Mapping[str, FloatArray]):
    """Name of a tensor or a layer -> its series; `array` has them all, [n, tensors] or [n, rows] in the
    layout's order."""

    def __init__(self, names: tuple[str, ...], array: FloatArray) -> None:
        self.array = array
        self._names = names

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self._names:
            hint = did_you_mean(name, self._names)
            raise KeyError(f"there is no {name!r}{hint}")
        return np.asarray(self.array[:, self._names.index(name)])

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
