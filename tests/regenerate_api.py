"""Write docs/api.md anew from the docstrings: `python -m tests.regenerate_api`."""

import inspect
from dataclasses import fields, is_dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import gradtui
from gradtui.core.layout import Layout, RowInfo, TensorInfo
from gradtui.core.metric import Metric
from gradtui.integrations.huggingface import GradtuiCallback as HuggingFaceCallback
from gradtui.integrations.lightning import GradtuiCallback as LightningCallback
from gradtui.monitor import Watch
from gradtui.runstore.reader.open_run import OpenRun

PAGE = Path(__file__).parent.parent / "docs" / "api.md"
HEAD = """# Python API

What may be imported and stays. Everything else is an inside that may change. `python -m tests.regenerate_api`
writes this page from the docstrings.

"""
PUBLIC: tuple[tuple[str, Any], ...] = (
    ("gradtui.watch", gradtui.watch),
    ("gradtui.Watch, what watch returns", Watch),
    ("gradtui.log", gradtui.log),
    ("gradtui.open_run", gradtui.open_run),
    ("OpenRun, what open_run returns", OpenRun),
    ("OpenRun.metrics[name]: Metric", Metric),
    ("OpenRun.layout: Layout", Layout),
    ("Layout.tensors: TensorInfo", TensorInfo),
    ("Layout.rows: RowInfo", RowInfo),
    ("gradtui.integrations.lightning.GradtuiCallback", LightningCallback),
    ("gradtui.integrations.huggingface.GradtuiCallback", HuggingFaceCallback),
)


def page() -> str:
    return HEAD + "\n".join(section(title, thing) for title, thing in PUBLIC)


def section(title: str, thing: Any) -> str:
    parts = [f"## {title}\n"]
    call = thing.__init__ if inspect.isclass(thing) else thing
    made_by_users = not inspect.isclass(thing) or "Callback" in thing.__name__
    if made_by_users:
        parts.append(f"```text\n{signature(thing, call)}\n```\n")
    parts.append(doc(thing))
    if inspect.isclass(thing):
        if is_dataclass(thing):
            names = ", ".join(f"`{field.name}`" for field in fields(thing))
            parts.append(f"Fields: {names}.\n")
        bases = [base for base in reversed(thing.__mro__) if base.__module__.startswith("gradtui")]
        names = list(dict.fromkeys(name for base in bases for name in vars(base)))
        parts += [line for name in names if (line := member(thing, name))]
    return "\n".join(part for part in parts if part) + "\n"


def signature(thing: Any, call: Any) -> str:
    """As it would be typed, one argument a line."""
    known = inspect.signature(call).parameters.values()
    # Python 3.13 has pathlib in two files, and says so.
    words = [str(o).replace("pathlib._local", "pathlib") for o in known if o.name != "self"]
    stars = any(one.kind is one.KEYWORD_ONLY for one in known)
    if stars:
        first = next(i for i, one in enumerate(known) if one.kind is one.KEYWORD_ONLY)
        first -= any(one.name == "self" for one in known)
        words.insert(first, "*")
    inner = "".join(f"    {word},\n" for word in words)
    return f"{thing.__name__}(\n{inner})" if words else f"{thing.__name__}()"


def member(thing: type, name: str) -> str:
    """A line of what is public in a class and described there."""
    value = inspect.getattr_static(thing, name)
    if name.startswith(("_", "on_", "teardown")):
        return ""
    if isinstance(value, (property, cached_property)):
        return f"- `.{name}`: {line(value)}" if line(value) else f"- `.{name}`"
    if inspect.isfunction(value):
        given = str(inspect.signature(value)).replace("(self, ", "(").replace("(self)", "()")
        return f"- `.{name}{given}`: {line(value)}" if line(value) else f"- `.{name}{given}`"
    return ""


def doc(thing: Any) -> str:
    return (inspect.getdoc(thing) or "") + "\n"


def line(thing: Any) -> str:
    return " ".join((inspect.getdoc(thing) or "").split())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
