"""Remedies applied to a setup."""

import pytest

from gradtui.core.errors import ScenarioError
from gradtui.lab.scenario.overlay import overlaid, treated
from gradtui.lab.scenario.parse import parse_scenario
from gradtui.lab.scenario.schema import Clip, Model, Optimizer, Scenario, ScenarioRemedy, Setup
from gradtui.lab.scenario.values import Place

PLACE = Place("net.toml")


def scenario(*overlays: dict[str, object], setup: Setup | None = None) -> Scenario:
    return Scenario(
        name="net",
        title="A net",
        setup=setup or Setup(),
        remedies=tuple(ScenarioRemedy(title=f"r{i}", set=o) for i, o in enumerate(overlays)),
    )


def test_an_overlay_changes_its_keys_and_nothing_else() -> None:
    before = Setup(model=Model(depth=20, activation="sigmoid"), optimizer=Optimizer(lr=0.5))
    after = overlaid(before, {"model": {"activation": "tanh"}}, PLACE)
    assert after.model == Model(depth=20, activation="tanh")
    assert (after.data, after.optimizer, after.clip) == (
        before.data,
        before.optimizer,
        before.clip,
    )
    assert before.model.activation == "sigmoid"


def test_remedies_apply_in_order() -> None:
    net = scenario({"optimizer": {"lr": 0.5}}, {"optimizer": {"lr": 0.25}, "model": {"depth": 3}})
    assert treated(net, ()) == net.setup
    assert treated(net, (0, 1)).optimizer.lr == 0.25
    assert treated(net, (1, 0)).optimizer.lr == 0.5
    assert treated(net, (1, 0)).model.depth == 3


def test_a_clip_is_set_and_unset() -> None:
    net = scenario({"clip": {"norm": 1}}, {"clip": {"norm": "none"}})
    assert treated(net, (0,)).clip == Clip(norm=1.0)
    assert treated(net, (0, 1)).clip == Clip()


@pytest.mark.parametrize("index", [-1, 1, 9])
def test_a_remedy_that_is_not_there(index: int) -> None:
    with pytest.raises(ScenarioError, match="has no remedy"):
        treated(scenario({"model": {"depth": 3}}), (index,))


def test_two_remedies_that_do_not_go_together_are_refused() -> None:
    net = scenario({"optimizer": {"kind": "adam"}}, {"optimizer": {"momentum": 0.9}}, setup=Setup())
    assert treated(net, (0,)).optimizer.kind == "adam"
    with pytest.raises(ScenarioError, match=r"remedies 1 \+ 2: \[optimizer\] momentum is for sgd"):
        treated(net, (0, 1))


def test_a_parsed_remedy_can_be_applied() -> None:
    net = parse_scenario(
        'title = "t"\nexpect = "healthy"\n[precision]\nkind = "float16"\nloss_scale = 8\n'
        '[[remedy]]\ntitle = "r"\nset = { precision.kind = "float32", precision.loss_scale = "none" }',
        "net",
    )
    assert treated(net, (0,)).precision.loss_scale is None
