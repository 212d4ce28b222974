"""Real runs for tests: a scenario from a few words, trained on the CPU."""

from dataclasses import replace
from typing import Any

from gradtui.lab.scenario.schema import Scenario, Setup


def setup(**tables: dict[str, Any]) -> Setup:
    """The default setup with some keys changed: setup(model={"depth": 3})."""
    made = Setup()
    for table, keys in tables.items():
        made = replace(made, **{table: replace(getattr(made, table), **keys)})
    return made


def scenario(*, steps: int = 30, seed: int = 0, **tables: dict[str, Any]) -> Scenario:
    return Scenario(
        name="made-up",
        title="made up",
        story="",
        group="tests",
        order=0,
        expect="healthy",
        setup=setup(**tables),
        steps=steps,
        seed=seed,
    )


MEMORY = {"name": "memory", "length": 6, "examples": 128}
VARIETY: dict[str, dict[str, dict[str, Any]]] = {
    "mlp": {"model": {"depth": 3}},
    "batch-norm": {"model": {"depth": 3, "norm": "batch", "activation": "sigmoid"}},
    "group-norm": {"model": {"depth": 3, "norm": "group", "activation": "elu"}},
    "rms-norm": {"model": {"depth": 3, "norm": "rms", "activation": "prelu"}},
    "residual": {"model": {"depth": 4, "residual": True, "activation": "gelu"}},
    "maxout": {"model": {"depth": 2, "activation": "maxout"}},
    "cnn": {"model": {"kind": "cnn", "depth": 3, "width": 4, "norm": "layer"}},
    "rnn": {"data": MEMORY, "model": {"kind": "rnn", "activation": "tanh", "truncate": 3}},
    "lstm": {"data": MEMORY, "model": {"kind": "lstm", "forget_bias": 1.0}},
    "gru": {"data": MEMORY, "model": {"kind": "gru", "init": "orthogonal"}},
    "transformer": {
        "data": {"name": "digit_rows"},
        "model": {"kind": "transformer", "depth": 2, "width": 16, "norm": "layer"},
        "optimizer": {"kind": "adamw", "lr": 1e-3},
    },
    "critic": {
        "data": {"name": "swiss_roll"},
        "model": {"kind": "critic", "depth": 3, "gradient_penalty": 10.0},
        "optimizer": {"kind": "adam", "lr": 1e-3},
    },
    "spectral-critic": {
        "data": {"name": "swiss_roll"},
        "model": {"kind": "critic", "depth": 3, "norm": "spectral"},
        "clip": {"weights": 0.1},
    },
    "two-layer": {
        "data": {"name": "noise", "features": 50, "outputs": 5},
        "model": {"kind": "two_layer", "width": 20},
        "optimizer": {"lr": 1e-5},
    },
    "clipped": {"optimizer": {"momentum": 0.9}, "clip": {"norm": 0.5, "value": 0.01}},
    "half": {"precision": {"kind": "float16"}, "model": {"depth": 3}},
    "masters": {"precision": {"kind": "float16", "loss_scale": 1024.0}, "model": {"depth": 3}},
    "amp": {"precision": {"kind": "amp_float16", "loss_scale": 2.0**24}, "model": {"depth": 3}},
    "bfloat16": {"precision": {"kind": "bfloat16"}, "model": {"depth": 3}},
    "double": {"precision": {"kind": "float64"}, "model": {"depth": 3}},
}
"""One small run of every kind of model and arithmetic that the lab knows."""
