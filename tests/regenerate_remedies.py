"""Write docs/remedies.md anew: `python -m tests.regenerate_remedies`."""

import importlib
import pkgutil
from pathlib import Path

from gradtui.doctor.remedies import code as rooms
from gradtui.doctor.remedy import Remedy

PAGE = Path(__file__).parent.parent / "docs" / "remedies.md"
HEAD = """# Remedies

What the doctor may advise, in the order of the files that build the lines of code
(`gradtui/doctor/remedies/code/`). `id` is what the JSON of `gradtui check` and `gradtui run` calls it;
it stays when words change. Which of them a run is told depends on what was seen of it. Where no source
is given, the remedy follows from how PyTorch computes. `python -m tests.regenerate_remedies` writes
this page.

| id | remedy | source |
|---|---|---|
"""


def defined() -> list[Remedy]:
    """All of them, file by file in the order of names, within a file as they stand there."""
    found: dict[str, Remedy] = {}
    for info in sorted(pkgutil.iter_modules(rooms.__path__), key=lambda one: one.name):
        module = importlib.import_module(f"{rooms.__name__}.{info.name}")
        for value in vars(module).values():
            if isinstance(value, Remedy) and value.code.__module__ == module.__name__:
                found.setdefault(value.id, value)
    return list(found.values())


def page() -> str:
    rows = [f"| `{one.id}` | {one.text} | {one.source} |" for one in defined()]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
