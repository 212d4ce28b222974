"""Reading scenario files: what is right comes out typed, what is wrong is one useful sentence."""

import os
from pathlib import Path

import pytest

from gradtui.core.errors import ScenarioError
from gradtui.lab.scenario.parse import LARGEST, load_scenario, parse_scenario

HEAD = 'title = "A net"\nexpect = "healthy"\n'


def complaint(source: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(source, "net")
    words = str(caught.value)
    assert "\n" not in words
    assert words.startswith("net.toml: ")
    return words.removeprefix("net.toml: ")


def test_a_full_scenario() -> None:
    scenario = parse_scenario(
        """
        title = "Deep"
        story = "Watch."
        group = "depth"
        order = 3
        expect = "vanishing_gradient"
        steps = 50
        seed = 7
        [data]
        batch_size = 32
        [model]
        depth = 20
        activation = "sigmoid"
        [optimizer]
        lr = 1
        [clip]
        norm = 2
        [precision]
        kind = "bfloat16"
        [[remedy]]
        title = "tanh"
        set = { model.activation = "tanh", optimizer.lr = 0.1 }
        [[remedy]]
        title = "no clipping"
        expect = "plateau"
        note = "Worse."
        [remedy.set.clip]
        norm = "none"
        """,
        "deep",
    )
    assert (scenario.name, scenario.title, scenario.expect) == (
        "deep",
        "Deep",
        "vanishing_gradient",
    )
    assert (scenario.steps, scenario.seed, scenario.order, scenario.group) == (50, 7, 3, "depth")
    assert scenario.setup.model.activation == "sigmoid"
    assert scenario.setup.data.batch_size == 32
    assert scenario.setup.precision.kind == "bfloat16"
    assert [r.title for r in scenario.remedies] == ["tanh", "no clipping"]
    assert [r.expect for r in scenario.remedies] == ["healthy", "plateau"]


def test_whole_numbers_become_floats_where_floats_are_meant() -> None:
    setup = parse_scenario(HEAD + "[optimizer]\nlr = 1\n[clip]\nnorm = 2", "net").setup
    assert isinstance(setup.optimizer.lr, float)
    assert isinstance(setup.clip.norm, float)


def test_keys_left_out_have_their_defaults() -> None:
    scenario = parse_scenario(HEAD, "net")
    assert scenario.steps == 200
    assert scenario.order == 1000
    assert scenario.setup.clip.norm is None
    assert scenario.remedies == ()


def test_none_unsets_an_optional_key() -> None:
    scenario = parse_scenario(HEAD + '[clip]\nnorm = "none"', "net")
    assert scenario.setup.clip.norm is None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("title = ", "is not valid TOML: Invalid value"),
        ('title = "a"\nsteps = = 1', "line 2"),
        ('expect = "healthy"', "needs the key title"),
        ('title = ""\nexpect = "healthy"', "needs the key title"),
        ('title = "a"', "needs the key expect"),
        ('title = "a"\nexpect = "helthy"', "did you mean 'healthy'?"),
        (HEAD + "step = 1", "has no key 'step': did you mean 'steps'?"),
        (HEAD + "zzz = 1", "its keys are title, story"),
        (HEAD + "lr = 1", "it belongs into [optimizer]"),
        (HEAD + "path = 'x'", "has no key 'path'"),
        (HEAD + "steps = 0", "steps must be a whole number from 1 to 1000000, not 0."),
        (HEAD + "steps = 1.0", "whole number"),
        (HEAD + "steps = true", "not true"),
        (HEAD + "seed = -1", "seed must be a whole number from 0"),
        (HEAD + "title = 3", "is not valid TOML: Cannot overwrite a value"),
        (HEAD + "story = 3", "story must be text in quotes, not 3."),
        (HEAD + "model = 3", "[model] must be a table, not 3."),
        (HEAD + "[[model]]", "[model] must be a table, not a list."),
        (HEAD + "[modle]", "has no table 'modle': did you mean 'model'?"),
        (HEAD + "[zzz]", "the tables are data, model, optimizer, clip, precision, remedy"),
        (HEAD + "[model]\nactivaton = 'tanh'", "[model] has no key 'activaton': did you mean"),
        (HEAD + "[model]\nzzz = 1", "[model] has no key 'zzz'; its keys are kind, depth"),
        (HEAD + "[model]\nactivation = 'tahn'", "not 'tahn': did you mean 'tanh'?"),
        (HEAD + "[model]\nactivation = 3", "must be one of sigmoid, scaled_sigmoid"),
        (HEAD + "[model]\nresidual = 1", "residual must be true or false, not 1."),
        (HEAD + "[model]\ndepth = true", "not true"),
        (HEAD + "[optimizer]\nlr = nan", "lr must be a number from 0 to 1e6, not nan."),
        (HEAD + "[optimizer]\nlr = inf", "not inf"),
        (HEAD + "[optimizer]\nlr = false", "not false"),
        (HEAD + "[optimizer]\nlr = 1" + "0" * 400, "lr must be a number"),
        (HEAD + "[optimizer]\nlr = 0x" + "f" * 5000, "thousands of digits"),
        (HEAD + "[optimizer]\nlr = " + "9" * 5000, "a value that cannot be read"),
        (HEAD + "[optimizer]\nlr = 'none'", "lr must be a number"),
        (HEAD + "[optimizer]\nlr = 2026-02-03", "lr must be a number"),
        (HEAD + "[clip]\nnorm = 'no'", "or \"none\", not 'no'"),
        (HEAD + "x = " + "[" * 3000, "nested too deeply"),
        (HEAD + "'a\\u001b[2J' = 1", "has no key 'a\\\\u001b[2J'"),
        (HEAD + '"a\\u001b[2J" = 1', "\\x1b[2J"),
    ],
)
def test_one_sentence_for(source: str, words: str) -> None:
    assert words in complaint(source)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("[remedy]\ntitle = 'x'", "two brackets"),
        ("remedy = [1]", "two brackets"),
        ("[[remedy]]\nset = { model.depth = 3 }", "remedy 1: needs the key title"),
        ("[[remedy]]\ntitle = 'x'", "remedy 1: changes nothing"),
        ("[[remedy]]\ntitle = 'x'\nset = 3", "remedy 1: set must be a table, not 3."),
        ("[[remedy]]\ntitle = 'x'\nset = { model.depth = 8 }", "remedy 1: changes nothing"),
        ("[[remedy]]\ntitle = 'x'\nmodel.depth = 3", "write [remedy.set.model]"),
        ("[[remedy]]\ntitle = 'x'\nstep = 3", "remedy 1: has no key 'step'"),
        ("[[remedy]]\ntitle = 'x'\nset = { steps = 3 }", "remedy 1: has no table 'steps'"),
        ("[[remedy]]\ntitle = 'x'\nset = { modle.x = 3 }", "did you mean 'model'?"),
        ("[[remedy]]\ntitle = 'x'\nset = { model = 3 }", "remedy 1: [model] must be a table"),
        ("[[remedy]]\ntitle = 'x'\nset = { model.dept = 3 }", "did you mean 'depth'?"),
        (
            "[[remedy]]\ntitle = 'x'\nset = { model.depth = 3 }\n"
            "[[remedy]]\ntitle = 'y'\nset = { model.depth = 0 }",
            "remedy 2: [model] depth must be a whole number from 1 to 1000, not 0.",
        ),
        (
            "[[remedy]]\ntitle = 'x'\nset = { model.kind = 'critic' }",
            "remedy 1: [model] kind = 'critic' needs [data] name = 'swiss_roll', not 'digits'.",
        ),
    ],
)
def test_remedies_are_tried_when_a_file_is_read(entry: str, words: str) -> None:
    assert words in complaint(HEAD + entry)


def test_a_file_gives_name_and_path(tmp_path: Path) -> None:
    path = tmp_path / "my-net_2.toml"
    path.write_text(HEAD)
    scenario = load_scenario(path)
    assert scenario.name == "my-net_2"
    assert scenario.path == str(path)


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_bytes(b"\xef\xbb\xbf" + HEAD.encode())
    assert load_scenario(path).title == "A net"


def unreadable(path: Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "dangling.toml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    (tmp_path / "huge.toml").write_text(HEAD + "#" * LARGEST)
    (tmp_path / "latin.toml").write_bytes(b'title = "x"\nstory = "\xe9"')
    (tmp_path / "Upper Case.toml").write_text(HEAD)
    os.mkfifo(tmp_path / "pipe.toml")
    assert "not a regular file" in unreadable(tmp_path / "folder.toml")
    assert "No such file" in unreadable(tmp_path / "missing.toml")
    assert "No such file" in unreadable(tmp_path / "dangling.toml")
    assert "cannot be read" in unreadable(tmp_path / "loop.toml")
    assert "larger than" in unreadable(tmp_path / "huge.toml")
    assert "not UTF-8 (line 2)" in unreadable(tmp_path / "latin.toml")
    assert "rename it" in unreadable(tmp_path / "Upper Case.toml")
    assert "not a regular file" in unreadable(tmp_path / "pipe.toml")


def test_a_link_to_a_file_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "target").write_text(HEAD)
    (tmp_path / "net.toml").symlink_to(tmp_path / "target")
    assert load_scenario(tmp_path / "net.toml").name == "net"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text(HEAD)
    path.chmod(0)
    assert "Permission denied" in unreadable(path)
