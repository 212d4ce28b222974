"""Where in a folder logs lie: folders of folders, never through a link, and not without end."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from gradtui.core.errors import UsageError
from gradtui.core.paths import is_folder
from gradtui.core.text import listed, printable

DEEPEST = 4
"""Folders below the one named that are looked into."""
MOST = 20_000
"""Names that are looked at."""
NAMED = 6
"""Folders that a question names."""


def files_below(path: Path, wanted: Callable[[str], bool], depth: int = DEEPEST) -> list[Path]:
    """Files in `path` and below of whose names `wanted` says yes, those of a folder by name."""
    left = [MOST]
    return list(_walk(path, wanted, depth, left))


def _walk(path: Path, wanted: Callable[[str], bool], depth: int, left: list[int]) -> Iterator[Path]:
    try:
        entries = sorted(path.iterdir(), key=_natural)
    except OSError:
        return
    left[0] -= len(entries)
    if left[0] < 0:
        return
    yield from (entry for entry in entries if wanted(entry.name) and not is_folder(entry))
    for entry in entries:
        if depth and not entry.is_symlink() and is_folder(entry):
            yield from _walk(entry, wanted, depth - 1, left)


def _natural(path: Path) -> tuple[list[str], list[int], str]:
    """By words, then by numbers: TensorBoard counts writers in names, and the tenth comes after the ninth."""
    numbers = [int(n) for n in re.findall(r"[0-9]{1,18}", path.name)]
    return re.split(r"[0-9]+", path.name), numbers, path.name


def the_one(path: Path, folders: Sequence[Path]) -> Path:
    """The only folder. Raises UsageError where there are several runs to choose from."""
    if len(folders) == 1:
        return folders[0]
    names = [printable(str(folder)) for folder in sorted(folders)]
    raise UsageError(
        f"{printable(str(path))} holds {len(names)} runs: name one of {listed(names, NAMED)}."
    )
