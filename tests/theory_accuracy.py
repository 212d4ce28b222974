"""How well theory meets measurement: the tables of docs/theory.md.

python -m tests.theory_accuracy [SEEDS]
"""

import sys
from collections.abc import Iterator

import numpy as np

from gradtui.core.layout import FloatArray
from gradtui.health.theory import first_loss, predict, theory_of
from gradtui.training.headless import run_headless
from tests.health.measured import CLASSES, measure
from tests.runs import scenario

RANDOM = (
    ("relu", "he"),
    ("relu", "default"),
    ("relu", "small"),
    ("leaky_relu", "he"),
    ("tanh", "xavier"),
    ("tanh", "default"),
    ("sigmoid", "xavier"),
    ("sigmoid", "default"),
    ("gelu", "default"),
    ("silu", "default"),
    ("elu", "lecun"),
    ("selu", "lecun"),
    ("softplus", "default"),
    ("identity", "lecun"),
)
LAB = (
    ("relu", "he_normal"),
    ("relu", "default"),
    ("relu", "normal"),
    ("tanh", "xavier_uniform"),
    ("sigmoid", "xavier_uniform"),
    ("sigmoid", "default"),
    ("gelu", "default"),
    ("elu", "lecun_normal"),
    ("selu", "lecun_normal"),
)
WIDTHS = (64, 256)


def errors(predicted: FloatArray, measured: FloatArray, anchor: int = -1) -> FloatArray:
    """[layers] decades by which the prediction is too large, both in units of their anchor's."""
    return np.asarray(
        np.log10(predicted / predicted[anchor]) - np.log10(measured / measured[anchor])
    )


def random_inputs(
    activation: str, init: str, width: int, seeds: int, depth: int = 20, side: int = 0
) -> dict[str, list[FloatArray]]:
    """[seeds][layers] errors in decades on standard normal inputs with random labels. `delta` is
    anchored at the last hidden layer: at the output itself it is the loss that decides."""
    found: dict[str, list[FloatArray]] = {"rms": [], "delta": [], "row": [], "loss": []}
    for seed in range(seeds):
        run = measure(activation, init, width, seed, depth=depth, side=side)
        said = predict(run.stack)
        found["rms"].append(np.log10(said.rms / run.rms))
        found["delta"].append(errors(said.delta[:-1], run.delta[:-1]))
        found["row"].append(errors(said.row, run.row))
        found["loss"].append(np.array([first_loss(CLASSES, said.q[-1]) - run.loss]))
    return found


def lab(
    activation: str, init: str, width: int, seeds: int, depth: int = 20, kind: str = "mlp"
) -> list[FloatArray]:
    """[seeds][rows] errors in decades of the drawn line, on the lab's digits."""
    found = []
    changes = {"kind": kind, "depth": depth, "width": width, "activation": activation, "init": init}
    for seed in range(seeds):
        made = scenario(model=changes, optimizer={"lr": 1e-6})
        facts = run_headless(made, device="cpu", seed=seed, steps=1).history.facts()
        said = theory_of(facts)
        assert said.norms is not None, said.reason
        found.append(np.asarray(np.log10(said.norms / facts.row_norms[-1])))
    return found


def worst(found: list[FloatArray]) -> tuple[float, float]:
    """(largest of the layers' mean errors, largest error of any seed), both in decades."""
    table = np.array(found)
    return float(np.abs(table.mean(axis=0)).max()), float(np.abs(table).max())


def lines(seeds: int) -> Iterator[str]:
    yield "| activation, init | width | rms | delta | row | first loss, nats |"
    yield "|---|---|---|---|---|---|"
    for activation, init in RANDOM:
        for width in WIDTHS:
            yield _line(
                f"{activation}, {init}", width, random_inputs(activation, init, width, seeds)
            )
    for activation, init in (("relu", "he"), ("tanh", "xavier")):
        got = random_inputs(activation, init, 32, seeds, depth=8, side=8)
        yield _line(f"{activation}, {init}, 8 convolutions", 32, got)
    yield ""
    yield "| in the lab | width | row |"
    yield "|---|---|---|"
    for activation, init in LAB:
        for width in WIDTHS:
            yield f"| {activation}, {init} | {width} | {_pair(lab(activation, init, width, seeds))} |"
    got_rows = lab("relu", "he_normal", 32, seeds, depth=8, kind="cnn")
    yield f"| relu, he_normal, 8 convolutions | 32 | {_pair(got_rows)} |"


def _line(name: str, width: int, got: dict[str, list[FloatArray]]) -> str:
    cells = " | ".join(_pair(got[key]) for key in ("rms", "delta", "row", "loss"))
    return f"| {name} | {width} | {cells} |"


def _pair(found: list[FloatArray]) -> str:
    mean, single = worst(found)
    return f"{mean:.2f} / {single:.2f}"


def main() -> None:
    for line in lines(int(sys.argv[1]) if len(sys.argv) > 1 else 8):
        print(line, flush=True)


if __name__ == "__main__":
    main()
