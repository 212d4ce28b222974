"""Combinations that could not run, or where a key would do nothing."""

from dataclasses import replace

import pytest

from gradtui.core.errors import ScenarioError
from gradtui.lab.scenario.key_combinations import check_setup
from gradtui.lab.scenario.model_kinds import KIND
from gradtui.lab.scenario.overlay import overlaid
from gradtui.lab.scenario.schema import DATASETS, MODELS, NORMS, Data, Model, Setup
from gradtui.lab.scenario.values import Place

PLACE = Place("net.toml")


def of(tables: dict[str, dict[str, object]]) -> Setup:
    return overlaid(Setup(), tables, PLACE)


def test_every_model_has_data_and_every_data_set_a_model() -> None:
    assert set(KIND) == set(MODELS)
    assert {name for kind in KIND.values() for name in kind.data} == set(DATASETS)
    assert {norm for kind in KIND.values() for norm in kind.norms} == set(NORMS)


@pytest.mark.parametrize("kind", MODELS)
def test_a_plain_setup_of_each_model_passes(kind: str) -> None:
    for name in KIND[kind].data:
        check_setup(Setup(data=Data(name=name), model=Model(kind=kind)), PLACE)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"model": {"kind": "critic"}}, "needs [data] name = 'swiss_roll', not 'digits'"),
        ({"data": {"name": "memory"}}, "'digits', 'noise' or 'teacher'"),
        ({"model": {"kind": "transformer"}}, "needs [data] name = 'digit_rows'"),
        ({"model": {"norm": "spectral"}}, "norm = 'none', 'batch', 'layer', 'group' or 'rms'"),
        ({"model": {"norm": "batch"}, "data": {"batch_size": 1}}, "batch_size of at least 2"),
        ({"model": {"kind": "cnn", "norm": "rms"}}, "not 'rms'"),
        ({"model": {"norm_place": "pre"}}, "norm_place"),
        ({"model": {"branch_scale": 0.5}}, "does nothing without residual"),
        ({"model": {"forget_bias": 1}}, "forget_bias is for kind = 'lstm'"),
        ({"model": {"gradient_penalty": 1}}, "gradient_penalty"),
        ({"model": {"recurrent_scale": 1}}, "recurrent_scale"),
        ({"model": {"truncate": 3}}, "truncate is for rnn"),
        ({"model": {"init_mode": "fan_out"}}, "does nothing with init = 'default'"),
        (
            {"model": {"kind": "rnn", "truncate": 20}, "data": {"name": "memory"}},
            "truncate must be below the 20 time steps",
        ),
        (
            {"model": {"kind": "rnn", "activation": "gelu"}, "data": {"name": "memory"}},
            "'tanh' or 'relu'",
        ),
        (
            {"model": {"kind": "transformer", "width": 30}, "data": {"name": "digit_rows"}},
            "multiple of 4",
        ),
        (
            {"model": {"kind": "two_layer", "init": "he_normal"}, "data": {"name": "noise"}},
            "leave init out",
        ),
        ({"optimizer": {"kind": "adam", "momentum": 0.9}}, "momentum is for sgd and rmsprop"),
        ({"precision": {"loss_scale": 8}}, "loss_scale is for float16 and amp_float16"),
        ({"model": {"depth": 1000, "width": 4096}}, "parameters"),
        ({"model": {"depth": 1000}, "data": {"batch_size": 4096, "name": "teacher"}}, None),
        (
            {
                "model": {"depth": 1000, "width": 200},
                "data": {"batch_size": 4096, "examples": 4096, "name": "teacher"},
            },
            "too large",
        ),
        ({"data": {"name": "noise", "examples": 100_000, "features": 10_000}}, "too many"),
    ],
)
def test_contradictions(tables: dict[str, dict[str, object]], words: str | None) -> None:
    setup = of(tables)
    if words is None:
        check_setup(setup, PLACE)
        return
    with pytest.raises(ScenarioError) as caught:
        check_setup(setup, PLACE)
    assert words in str(caught.value)


def test_batch_norm_on_a_data_set_of_one_example() -> None:
    setup = of({"model": {"norm": "batch"}, "data": {"name": "noise", "examples": 1}})
    with pytest.raises(ScenarioError, match="at least 2"):
        check_setup(setup, PLACE)
    check_setup(replace(setup, data=Data(name="noise", examples=2)), PLACE)
