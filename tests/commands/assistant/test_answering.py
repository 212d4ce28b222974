"""What tools take, and what is said where that is wrong."""

import inspect
from typing import Any

import pytest

from gradtui.commands.assistant.answering import checked
from gradtui.commands.assistant.tools import TOOLS, tools_by_name
from gradtui.core.errors import GradtuiError, UsageError

WRONG = [
    ("judge_run", {"run": "nobody"}, "there is no run 'nobody'"),
    ("judge_run", {"run": "-"}, "is in the names of 5 runs"),
    ("judge_run", {"run": "/etc"}, "no recorded run at /etc"),
    ("judge_run", {"rum": "x"}, "takes no 'rum': did you mean 'run'"),
    ("judge_run", {"run": 3}, "run must be text, not 3"),
    ("judge_run", {"run": "x" * 5000}, "run is too long"),
    ("judge_run", {"steps": 0}, "steps must be 1 to"),
    ("judge_run", {"steps": 1.5}, "steps must be a whole number, not 1.5"),
    ("judge_run", {"steps": True}, "steps must be a whole number, not true"),
    ("run_coverage", {"run": "odd"}, "is not the header of a run"),
    ("list_layers", {"run": "odd"}, "is not the header of a run"),
    ("layer_norms", {"run": "well"}, "layer_norms needs 'layer'"),
    ("layer_norms", {"run": "well", "layer": "layer"}, "several layers: layers.0, layers.1"),
    ("layer_norms", {"run": "well", "layer": "layers.9"}, "no layer 'layers.9': did you mean"),
    ("run_series", {"run": "well", "name": "los"}, "no series 'los': did you mean 'loss'"),
    ("compare_runs", {"one": "well"}, "compare_runs needs 'other'"),
    ("compare_runs", {"one": "well", "other": "well", "step": 500}, "steps 0 to 99, not 500"),
]


@pytest.mark.parametrize(("tool", "given", "words"), WRONG, ids=lambda x: str(x)[:40])
def test_what_is_wrong_is_one_sentence(
    tool: str, given: dict[str, Any], words: str, ask: Any
) -> None:
    with pytest.raises(GradtuiError) as caught:
        ask(tool, **given)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_null_is_as_if_left_out() -> None:
    assert checked(tools_by_name()["judge_run"], {"run": None, "steps": 5.0}) == {"steps": 5}
    with pytest.raises(UsageError):
        checked(tools_by_name()["compare_runs"], {"one": "a", "other": None})


def test_tools_take_what_their_functions_take() -> None:
    for tool in TOOLS:
        _, *taken = inspect.signature(tool.answer()).parameters.values()
        assert {one.name for one in taken} == set(tool.takes), tool.name
        assert {one.name for one in taken if one.default is one.empty} == set(tool.required)
        for one in taken:
            told = tool.takes[one.name]["description"]
            if isinstance(one.default, int):
                assert f"Default: {one.default}." in told, (tool.name, one.name)
        assert "$id" not in tool.output_schema
        assert tool.output_schema["type"] == "object"
