"""What is kept between two sessions: the theme, how the list of runs is sorted, and its verdicts.

Small private files in gradtui's own folder. Whatever is wrong with them is passed over: then
things are as they are at first. A verdict is remembered only for as long as neither the files of its
run nor the doctor have changed: it is never taken from a run.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from gradtui.app.run_order import SORTS
from gradtui.app.run_row import Judgement
from gradtui.app.terminal import state_dir
from gradtui.app.themes import THEMES
from gradtui.core.symptom import Severity
from gradtui.runstore.files.disk import replace_file
from gradtui.runstore.files.reading import DAMAGE, SMALL, read_json

PREFERENCES = "runs-screen.json"
THEME = "theme.json"
JUDGEMENTS = "runs-verdicts.json"
SCHEMA = 1
MOST = 5000
"""Verdicts that are remembered, of the newest runs."""
LARGEST = 16 << 20
"""Bytes of their file that are read."""
LONGEST = 2000
"""Characters of a text in it."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """How the list was left."""

    sort: str = SORTS[0]
    reverse: bool = False


def load_preferences() -> Preferences:
    """As they were left; what is damaged is as at first."""
    try:
        found = read_json(state_dir() / PREFERENCES, SMALL)
        sort, reverse = found.get("sort"), found.get("reverse")
    except (*DAMAGE, AttributeError):
        return Preferences()
    return Preferences(sort if sort in SORTS else SORTS[0], reverse is True)


def save_preferences(preferences: Preferences) -> None:
    """For the next time, where that is possible."""
    _save(PREFERENCES, {"schema": SCHEMA, **asdict(preferences)})


def load_theme() -> str:
    """The theme that somebody has chosen last, on whatever screen; "" where nobody has. Flags, variables and
    config.toml come before it."""
    for name in (THEME, PREFERENCES):  # where earlier versions kept it
        with suppress(*DAMAGE, AttributeError):
            theme = read_json(state_dir() / name, SMALL).get("theme")
            if theme in [known.name for known in THEMES]:
                return str(theme)
    return ""


def save_theme(theme: str) -> None:
    """For the next time, where that is possible."""
    _save(THEME, {"schema": SCHEMA, "theme": theme})


def load_judgements(doctor: str) -> dict[str, Judgement]:
    """By path, those that this doctor has given; `doctor` is another word for another one."""
    try:
        found = read_json(state_dir() / JUDGEMENTS, LARGEST)
        if found["schema"] != SCHEMA or found["doctor"] != doctor:
            return {}
        read = {str(path): _judgement(value) for path, value in found["verdicts"].items()}
    except (*DAMAGE, AttributeError):
        return {}
    return {path: told for path, told in read.items() if told is not None}


def save_judgements(doctor: str, judgements: Mapping[str, Judgement]) -> None:
    """The newest of them, by the names of their runs."""
    newest = sorted(judgements, key=lambda path: Path(path).name, reverse=True)[:MOST]
    verdicts = {path: asdict(judgements[path]) for path in newest}
    _save(JUDGEMENTS, {"schema": SCHEMA, "doctor": doctor, "verdicts": verdicts})


def _save(name: str, value: dict[str, Any]) -> None:
    with suppress(OSError):
        replace_file(state_dir() / name, json.dumps(value).encode())


KINDS: dict[str, tuple[type, ...]] = {
    "stamp": (str,),
    "verdict": (str,),
    "severity": (int,),
    "decided": (bool,),
    "evidence": (str,),
    "since": (int,),
    "final_loss": (float, int, type(None)),
    "best_loss": (float, int, type(None)),
    "best_step": (int,),
    "trouble": (str,),
}
assert set(KINDS) == {one.name for one in fields(Judgement)}


def _judgement(value: object) -> Judgement | None:
    """One of the file; None where it is none."""
    if not isinstance(value, dict) or set(value) != set(KINDS):
        return None
    for name, kinds in KINDS.items():
        found = value[name]
        if type(found) not in kinds or (isinstance(found, str) and len(found) > LONGEST):
            return None
    return Judgement(**value) if value["severity"] in list(Severity) else None
