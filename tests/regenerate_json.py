"""Write docs/json.md anew from the schemas: `python -m tests.regenerate_json`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gradtui.commands.json_schemas import ANSWERED, KEPT, PRINTED, schema

PAGE = Path(__file__).parent.parent / "docs" / "json.md"
HEAD = """# The JSON

`--json` prints one object a line (`compare`: one object), in strict JSON: numbers that are not finite are the
strings "nan", "inf" and "-inf" (below: float). Every object has `schema`, 1 today. Later versions add fields
and do not change those that are here; take fields by name. What has no value is null.

`gradtui schema` lists the [JSON Schemas](https://json-schema.org/draft/2020-12) of all that is described
here, and `gradtui schema check` prints the one of that name. They are in the package as well, in
`gradtui/commands/schemas`. A schema bears fields that it does not know, as a reader must.
`python -m tests.regenerate_json` writes this page from them.

"""
KEPT_HEAD = """## Files of a run

These have schemas as well. [run-format.md](run-format.md) says in words what is in them.

"""
ANSWERED_HEAD = """## Answers to assistants

What tools of `gradtui mcp` answer, see [assistants.md](assistants.md). The tool `judge_run` answers what
`check` prints, and `compare_runs` what `compare` prints.

"""
TYPES = {"string": "text", "integer": "whole number", "boolean": "true or false"}
REFERENCE = "$ref"


def page() -> str:
    parts = [HEAD]
    parts += [section(name, "##") for name in PRINTED]
    parts.append(KEPT_HEAD)
    parts += [f"- `gradtui schema {name}`: {schema(name)['description']}\n" for name in KEPT]
    parts.append(f"\n{ANSWERED_HEAD}")
    parts += [section(name, "###") for name in ANSWERED]
    return "".join(parts).rstrip("\n") + "\n"


def section(name: str, level: str) -> str:
    """A schema, and then each of its parts that no section before it has."""
    whole = schema(name)
    parts = [f"{level} {name}\n\n{whole['description']}\n\n{table(whole, name)}\n"]
    for part, what in whole.get("$defs", {}).items():
        if "properties" in what and FIRST[part] == name and part != "run":
            title = part.replace("_", " ")
            parts.append(f"**{title}**: {what['description']}\n\n{table(what, name)}\n")
    return "".join(parts)


def table(of: dict[str, Any], name: str) -> str:
    rows = ["| field | takes | what |", "|---|---|---|"]
    rows += [f"| `{field}` | {kinds} | {words} |" for field, kinds, words in fields(of, name)]
    return "\n".join(rows) + "\n"


def fields(of: dict[str, Any], name: str, above: str = "") -> Iterator[tuple[str, str, str]]:
    """Name, type and description; those of an object within, that is no part by itself, follow it."""
    for field, what in of["properties"].items():
        yield above + field, takes(what), described(what, name)
        if "properties" in what:
            yield from fields(what, name, f"{above}{field}.")


def described(what: dict[str, Any], name: str) -> str:
    """In the words that stand there, or in those of the part that it is."""
    part = what.get(REFERENCE, "").rpartition("/")[2]
    words: str = what.get("description") or schema(name)["$defs"][part]["description"]
    return words


def takes(what: dict[str, Any]) -> str:
    """The kind of value in a few words."""
    if REFERENCE in what:
        part = what[REFERENCE].rpartition("/")[2]
        return {"number": "float", "span": "4 numbers"}.get(part, part.replace("_", " "))
    if "anyOf" in what:
        return " or ".join(takes(one) for one in what["anyOf"])
    if "const" in what:
        return f"{what['const']}"
    if "enum" in what:
        return ", ".join(f'"{word}"' for word in what["enum"])
    kinds = what["type"] if isinstance(what["type"], list) else [what["type"]]
    return " or ".join(kind(one, what) for one in kinds)


def kind(name: str, what: dict[str, Any]) -> str:
    if name == "array" and "items" in what:
        many = "two of" if what.get("maxItems") == 2 else "list of"
        return f"{many} {takes(what['items'])}"
    if name == "object" and isinstance(what.get("additionalProperties"), dict):
        return f"by name {takes(what['additionalProperties'])}"
    return TYPES.get(name, name)


def _first() -> dict[str, str]:
    """In whose section a part is described: that of the first schema that has it."""
    found: dict[str, str] = {}
    for name in (*PRINTED, *ANSWERED):
        for part in schema(name).get("$defs", {}):
            found.setdefault(part, name)
    return found


FIRST = _first()

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
