"""Style and script of the page, which are files beside this one, and the policy that lets nothing else in."""

import base64
import hashlib
from functools import lru_cache
from importlib.resources import files

STYLE, SCRIPTS = "page.css", ("axes.js", "charts.js", "table.js")


@lru_cache(1)
def style() -> str:
    return _read(STYLE)


@lru_cache(1)
def script() -> str:
    return "\n".join(_read(name) for name in SCRIPTS)


def policy(style_text: str, script_text: str) -> str:
    """A content security policy: these two, pictures that are in the page itself, and no network."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script_text)}'",
            f"style-src '{_hash(style_text)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
