"""Pages that repeat what the code says, held against the code."""

import re
import tomllib
from pathlib import Path

import pytest

from gradtui.lab.scenario.parse import parse_scenario
from tests import regenerate_api, regenerate_remedies
from tests.regenerate_reference import PAGE, rewritten


def test_the_reference_of_scenario_files_is_the_schema() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == rewritten(page), "run: python -m tests.regenerate_reference"


def test_the_list_of_remedies_is_what_the_code_has() -> None:
    page = regenerate_remedies.PAGE.read_text(encoding="utf-8")
    assert page == regenerate_remedies.page(), "run: python -m tests.regenerate_remedies"


def test_the_page_of_the_api_is_what_the_docstrings_say() -> None:
    page = regenerate_api.PAGE.read_text(encoding="utf-8")
    assert page == regenerate_api.page(), "run: python -m tests.regenerate_api"


BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("source", BLOCKS)
def test_examples_are_toml(source: str) -> None:
    assert tomllib.loads(source)


def test_the_example_is_a_scenario() -> None:
    scenario = parse_scenario(BLOCKS[0], "mine")
    assert len(scenario.remedies) == 2


TOP = Path(__file__).parent.parent


def test_the_way_of_a_step_is_drawn_with_files_that_are_there() -> None:
    drawn = re.search(
        r"```\n(optimizer.step.*?)```", (TOP / "README.md").read_text(encoding="utf-8"), re.S
    )
    assert drawn
    folder, missing = "", []
    for word in re.findall(r"[\w/]+\.py", drawn[1]):
        folder = word.rpartition("/")[0] or folder
        if not (TOP / "gradtui" / folder / word.rpartition("/")[2]).is_file():
            missing.append(word)
    assert missing == []
