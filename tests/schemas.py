"""Real JSON held against the schemas, closed: in a test a field that no schema has is a mistake."""

from copy import deepcopy
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from gradtui.commands.json_schemas import schema


def closed(node: Any) -> Any:
    """A schema that bears no field that it does not name."""
    if isinstance(node, list):
        return [closed(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {key: closed(value) for key, value in node.items()}
    if made.get("additionalProperties") is True:
        made["additionalProperties"] = False
    return made


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(closed(deepcopy(schema(name))))


def hold(name: str, value: Any) -> None:
    """Fails where `value` is not as the schema says, or has a field more."""
    validator(name).validate(value)
