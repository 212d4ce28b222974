"""How well theory meets measurement: the tables of docs/theory.md.

python -m tests.theory_accuracy [SEEDS]
"""

import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gradtui.core.layout import FloatArray
from gradtui.lab.headless import run_headless
from gradtui.theory import Entry, first_loss, predict, quenched, theory_of
from tests.doctor.measured import BATCH, CLASSES, measure
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
    ("relu", "xavier_uniform"),
    ("gelu", "he_normal"),
    ("swish", "default"),
    ("swish", "he_normal"),
)
CONVOLUTIONS = (("relu", "he_normal"), ("relu", "default"), ("tanh", "xavier_uniform"))
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
    anchored at the last hidden layer: at the output itself it is the loss that decides. `own`: as
    `row`, with the weights themselves."""
    found: dict[str, list[FloatArray]] = {"rms": [], "delta": [], "row": [], "own": [], "loss": []}
    for seed in range(seeds):
        run = measure(activation, init, width, seed, depth=depth, side=side)
        said = predict(run.stack)
        found["rms"].append(np.log10(said.rms / run.rms))
        found["delta"].append(errors(said.delta[:-1], run.delta[:-1]))
        found["row"].append(errors(said.row, run.row))
        own = quenched(run.layers, Entry(run.error, BATCH, CLASSES), max(side, 1))
        found["own"].append(errors(10.0**own, run.row))
        found["loss"].append(np.array([first_loss(CLASSES, said.q[-1]) - run.loss]))
    return found


def lab(
    activation: str, init: str, width: int, seeds: int, depth: int = 20, kind: str = "mlp"
) -> dict[str, list[FloatArray]]:
    """[seeds][rows] errors in decades of the drawn line, on the lab's digits: `own` as it is drawn,
    `row` where no more than the sizes of the weights is known."""
    found: dict[str, list[FloatArray]] = {"row": [], "own": []}
    changes = {"kind": kind, "depth": depth, "width": width, "activation": activation, "init": init}
    for seed in range(seeds):
        made = scenario(model=changes, optimizer={"lr": 1e-6})
        facts = run_headless(made, device="cpu", seed=seed, steps=1).history.facts()
        assert facts.info.carried
        sizes = replace(facts, info=replace(facts.info, carried=()))
        for name, known in (("row", sizes), ("own", facts)):
            said = theory_of(known)
            assert said.norms is not None, said.reason
            found[name].append(np.asarray(np.log10(said.norms / facts.row_norms[-1])))
    return found


def worst(found: list[FloatArray]) -> tuple[float, float]:
    """(largest of the layers' mean errors, largest error of any seed), both in decades."""
    table = np.array(found)
    return float(np.abs(table.mean(axis=0)).max()), float(np.abs(table).max())


def lines(seeds: int) -> Iterator[str]:
    yield "| activation, init | width | rms | delta | row | own | first loss, nats |"
    yield "|---|---|---|---|---|---|---|"
    for activation, init in RANDOM:
        for width in WIDTHS:
            yield _line(
                f"{activation}, {init}", width, random_inputs(activation, init, width, seeds)
            )
    for activation, init in (("relu", "he"), ("tanh", "xavier")):
        got = random_inputs(activation, init, 32, seeds, depth=8, side=8)
        yield _line(f"{activation}, {init}, 8 convolutions", 32, got)
    yield ""
    yield "| in the lab | width | row | own |"
    yield "|---|---|---|---|"
    for activation, init in LAB:
        for width in WIDTHS:
            yield _line(f"{activation}, {init}", width, lab(activation, init, width, seeds))
    for activation, init in CONVOLUTIONS:
        found = lab(activation, init, 32, seeds, depth=8, kind="cnn")
        yield _line(f"{activation}, {init}, 8 convolutions", 32, found)


def _line(name: str, width: int, got: dict[str, list[FloatArray]]) -> str:
    cells = " | ".join(_pair(each) for each in got.values())
    return f"| {name} | {width} | {cells} |"


def _pair(found: list[FloatArray]) -> str:
    mean, single = worst(found)
    return f"{mean:.2f} / {single:.2f}"


def main() -> None:
    for line in lines(int(sys.argv[1]) if len(sys.argv) > 1 else 8):
        print(line, flush=True)


if __name__ == "__main__":
    main()
