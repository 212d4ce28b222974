"""The tables of docs/scenario-files.md, from the schema itself.

python -m tests.regenerate_reference       writes them into the page
"""

from collections.abc import Iterator
from dataclasses import MISSING, Field
from pathlib import Path
from typing import Any

from gradtui.lab.scenario.overlay import TABLES
from gradtui.lab.scenario.schema import Scenario, ScenarioRemedy
from gradtui.lab.scenario.values import bound, documented, kinds

PAGE = Path(__file__).parents[1] / "docs" / "scenario-files.md"
BEGIN = "<!-- begin: written by `python -m tests.regenerate_reference` from the schema -->"
END = "<!-- end -->"

TYPES = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def reference() -> str:
    """Every table with its keys: what they take, their default, what they do."""
    parts = [section("Top of the file", Scenario)]
    parts += [section(f"`[{name}]`", cls) for name, cls in TABLES.items()]
    parts.append(section("`[[remedy]]`", ScenarioRemedy))
    parts.append(
        "A remedy also has `set`: the keys that it changes, by table, in either form:\n\n"
        "```toml\n"
        'set = { model.activation = "tanh", optimizer.lr = 0.1 }\n'
        "```\n\n"
        "```toml\n"
        "[remedy.set.model]\n"
        'activation = "tanh"\n'
        "```\n"
    )
    return "\n".join(parts)


def section(title: str, cls: type) -> str:
    return "\n".join([f"### {title}", "", *rows(cls), ""])


def rows(cls: type) -> Iterator[str]:
    yield "| key | takes | default | what it does |"
    yield "|---|---|---|---|"
    for item in documented(cls):
        yield f"| `{item.name}` | {takes(cls, item)} | {default(item)} | {item.metadata['doc']} |"


def takes(cls: type, item: Field[Any]) -> str:
    """The kind of value, its range or its choices."""
    kind, facts = kinds(cls)[item.name], item.metadata
    choices = [f"`{word}`" for word in facts.get("allowed", ())]
    words = ", ".join(choices) or TYPES[kind.type]
    if "low" in facts:
        words += f", {bound(facts['low'])} to {bound(facts['high'])}"
    return words + (', or `"none"`' if kind.optional else "")


def default(item: Field[Any]) -> str:
    if item.metadata.get("required"):
        return "required"
    assert item.default is not MISSING
    match item.default:
        case None:
            return "unset"
        case bool():
            return f"`{str(item.default).lower()}`"
        case "":
            return "empty"
        case str():
            return f'`"{item.default}"`'
        case _:
            return f"`{item.default:g}`" if isinstance(item.default, float) else f"`{item.default}`"


def rewritten(page: str) -> str:
    """The page with its generated part made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{reference()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
