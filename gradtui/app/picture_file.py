"""What is on screen, as a file."""

from pathlib import Path
from typing import Any

from textual.app import App


def save_picture(app: App[Any], folder: Path, stem: str) -> Path:
    """Write what is on screen as SVG into `folder`, under a name not yet taken."""
    svg = app.export_screenshot(simplify=True)
    clean = "".join(c if c.isalnum() or c in "-_." else "_" for c in stem)
    for number in range(1, 10_000):
        path = folder / (f"{clean}.svg" if number == 1 else f"{clean}-{number}.svg")
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(svg)
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"too many pictures named {clean}")
