"""Made-up runs for everybody's tests: layouts, snapshots, histories, views. No torch.

history(healthy())           a History of 60 steps, 8 layers
history(vanishing())         norms from 3e-2 at the output down to 1e-12 at the input, 20 layers
history(exploding())         grows a decade every few steps, NaN from step 40 on
history(deep())              152 layers
history(through_time())      a recurrent net: 30 time steps and the cell's parameters
view(run)                    a View of all of it, or of its first `steps`
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradtui.app.view import Reference, View
from gradtui.core.event import RunInfo
from gradtui.core.history import History
from gradtui.core.layout import FloatArray, Layout, RowInfo, TensorInfo
from gradtui.core.snapshot import HIST_BINS, HIST_LOW, Act, Grad, NonFinite, Snapshot, Weight
from gradtui.core.symptom import HEALTHY, Severity
from gradtui.doctor.finding import NOTHING_SEEN, Diagnosis, Finding
from gradtui.doctor.remedy import Remedy
from gradtui.lab.scenario.schema import Scenario, ScenarioRemedy, Setup

Norms = Callable[[int], FloatArray]
"""Step -> [rows] gradient norms."""


def remedy(text: str) -> Remedy:
    """Words without code."""
    return Remedy(text.replace(" ", "_"), text, lambda seen: None)


def mlp_layout(rows: int = 8, *, activation: str = "relu", prefix: str = "layers") -> Layout:
    """Linear layers, each with a weight and a bias, input side first."""
    tensors: list[TensorInfo] = []
    infos: list[RowInfo] = []
    for row in range(rows):
        name = f"{prefix}.{row}"
        infos.append(RowInfo(name, "Linear", activation if row < rows - 1 else "", 64, 64))
        tensors.append(TensorInfo(f"{name}.weight", (64, 64), row, "weight"))
        tensors.append(TensorInfo(f"{name}.bias", (64,), row, "bias"))
    return Layout(tuple(tensors), tuple(infos))


def time_layout(steps: int = 30) -> Layout:
    """Hidden states of a recurrent net at each time step, then the parameters of its cell."""
    infos = [RowInfo(f"t={t}", "time", "tanh") for t in range(steps)]
    tensors = [TensorInfo(f"hidden[{t}]", (64, 32), t, "hidden") for t in range(steps)]
    infos.append(RowInfo("cell", "RNN", "tanh", 32, 32))
    tensors.append(TensorInfo("cell.weight_hh", (32, 32), steps, "weight"))
    return Layout(tuple(tensors), tuple(infos))


def run_info(title: str = "a made-up run", **changes: Any) -> RunInfo:
    info = RunInfo(
        title=title,
        device="cpu",
        optimizer="sgd lr 0.1",
        precision="float32",
        task="classification",
        classes=10,
        steps=500,
        seed=0,
    )
    return replace(info, **changes)


BELL = np.exp(-0.15 * np.arange(-6, 7) ** 2)
BELL /= BELL.sum()
"""Parts of all elements in the bins around the middle one."""


def snapshot(
    layout: Layout,
    step: int,
    norms: FloatArray,
    *,
    loss: float | None = None,
    accuracy: float | None = None,
    run: int = 1,
    slow: bool = True,
    skipped: bool = False,
    nonfinite: NonFinite | None = None,
) -> Snapshot:
    """A snapshot whose rows have the given norms; biases get a tenth of their layer's.

    `slow`: weights, activations and histograms were measured at this step.
    """
    tensors = layout.tensors
    numel = np.array([float(tensor.numel) for tensor in tensors])
    part = np.array([0.1 if tensor.role == "bias" else 1.0 for tensor in tensors])
    there = np.array([not tensor.structural_zero for tensor in tensors], bool)
    norm = np.where(there, norms[[tensor.row for tensor in tensors]] * part, 0.0)
    grads = np.zeros((len(tensors), Grad.COLUMNS))
    grads[:, Grad.NORM], grads[:, Grad.ABS_MAX] = norm, norm / 4
    grads[:, Grad.SUM] = norm / 10 * (1 + 1e-6 * np.sin(step))  # no two batches are the same
    grads[:, Grad.ZEROS] = np.where(norm == 0, numel, 0)
    grads[:, Grad.NONFINITE] = ~np.isfinite(norm)
    weights = activations = histograms = None
    if slow:
        weights = np.zeros((len(tensors), Weight.COLUMNS))
        weights[:, Weight.NORM], weights[:, Weight.ABS_MAX] = 8.0, 0.5
        weights[:, Weight.UPDATE] = 0.1 * grads[:, Grad.NORM]
        activations = np.zeros((len(layout.rows), Act.COLUMNS))
        activations[:, Act.VARIANCE], activations[:, Act.RMS] = 0.8, 0.9
        activations[:, Act.DEAD], activations[:, Act.SATURATED] = 0.05, np.nan
        activations[:, Act.SIGNAL] = norms
        histograms = np.zeros((len(tensors), HIST_BINS), dtype=np.uint32)
        size = norm / np.sqrt(numel)
        some = np.flatnonzero(np.isfinite(size) & (size > 0))
        middle = np.clip(np.log2(size[some]) - HIST_LOW, 6, HIST_BINS - 7).astype(int)
        bins = middle[:, None] + np.arange(-6, 7)
        histograms[some[:, None], bins] = BELL * numel[some, None]
    return Snapshot(
        run=run,
        step=step,
        loss=2.3 * 0.985**step if loss is None else loss,
        accuracy=1 - 0.9 * 0.985**step if accuracy is None else accuracy,
        lr=0.1,
        seconds=0.01,
        overhead=0.0001,
        grads=grads,
        weights=weights,
        activations=activations,
        histograms=histograms,
        skipped=skipped,
        nonfinite=nonfinite,
    )


@dataclass
class MadeUp:
    """What a run is going to do."""

    layout: Layout
    norms: Norms
    steps: int = 60
    info: RunInfo = field(default_factory=run_info)
    loss: Callable[[int], float] | None = None
    accuracy: Callable[[int], float] | None = None
    diagnosis: Diagnosis = NOTHING_SEEN
    nan_from: int | None = None
    scenario: Scenario | None = None
    every: int = 5
    """Cadence of weights, activations and histograms."""


def _noise(rows: int, spread: float = 0.1) -> Callable[[int], FloatArray]:
    def at(step: int) -> FloatArray:
        out: FloatArray = 10.0 ** np.random.default_rng(step).normal(0, spread, rows)
        return out

    return at


def healthy(rows: int = 8, steps: int = 60) -> MadeUp:
    noise = _noise(rows)
    base = np.linspace(-1.5, -0.5, rows)
    return MadeUp(
        mlp_layout(rows),
        lambda step: 10.0 ** (base - 0.004 * step) * noise(step),
        steps,
        run_info("healthy"),
        diagnosis=Diagnosis(HEALTHY, Severity.OK, steps - 1),
    )


def vanishing(rows: int = 20, steps: int = 60) -> MadeUp:
    noise = _noise(rows)
    base = np.linspace(-12, -1.5, rows)
    sick = tuple(int(i) for i in np.flatnonzero(base < -6))
    layout = mlp_layout(rows, activation="sigmoid")
    names = tuple(layout.rows[i].name for i in sick)
    finding = Finding(
        symptom="vanishing_gradient",
        severity=Severity.CRITICAL,
        first_step=0,
        evidence="the first layer's gradient norm is 1.0e-12, 3e10 times below the last layer's",
        cause="the sigmoid's slope is at most 1/4, so each layer shrinks the signal",
        remedies=(remedy("use relu with He initialisation"), remedy("add residual connections")),
        rows=sick,
        layers=names,
    )
    return MadeUp(
        layout,
        lambda step: 10.0**base * noise(step),
        steps,
        run_info("vanishing"),
        loss=lambda step: 2.31 + 0.01 * np.sin(step),
        accuracy=lambda step: 0.1,
        diagnosis=Diagnosis("vanishing_gradient", Severity.CRITICAL, steps - 1, (finding,)),
        scenario=scenario(),
    )


def exploding(rows: int = 12, steps: int = 60, nan_from: int = 40) -> MadeUp:
    layout = mlp_layout(rows)
    noise = _noise(rows)
    base = np.linspace(1.5, 0.0, rows)

    def norms(step: int) -> FloatArray:
        if step >= nan_from:
            return np.full(rows, np.nan)
        out: FloatArray = 10.0 ** (base + 0.2 * step) * noise(step)
        return out

    every = tuple(range(rows))
    names = tuple(row.name for row in layout.rows)
    first = Finding(
        "nonfinite",
        Severity.CRITICAL,
        nan_from,
        f"NaN in {rows} of {rows} layers from step {nan_from} on",
        "the gradients grew until float32 overflowed",
        (remedy("clip the gradient norm to 1"), remedy("lower the learning rate")),
        every,
        names,
    )
    second = replace(first, symptom="exploding_gradient", first_step=12, severity=Severity.WARNING)
    return MadeUp(
        layout,
        norms,
        steps,
        run_info("exploding", optimizer="sgd lr 1.0"),
        loss=lambda step: 2.0 * 1.2**step if step < nan_from else float("nan"),
        diagnosis=Diagnosis("nonfinite", Severity.CRITICAL, steps - 1, (first, second)),
        nan_from=nan_from,
    )


def deep(rows: int = 152, steps: int = 60) -> MadeUp:
    made = vanishing(rows, steps)
    made.info = run_info("152 layers")
    return made


def through_time(length: int = 30, steps: int = 60) -> MadeUp:
    layout = time_layout(length)
    base = np.append(np.linspace(-9, -2, length), -1.0)
    noise = _noise(length + 1)
    return MadeUp(
        layout,
        lambda step: 10.0**base * noise(step),
        steps,
        run_info("a recurrent net"),
        diagnosis=Diagnosis(HEALTHY, Severity.OK, steps - 1),
    )


def scenario(name: str = "vanishing_sigmoid", **changes: Any) -> Scenario:
    made = Scenario(
        name=name,
        title="Vanishing gradients in a deep sigmoid net",
        story=(
            "Twenty sigmoid layers with the default initialisation. The slope of a sigmoid is at "
            "most 1/4, so the gradient shrinks at every layer on its way back.\n\n"
            "Watch the bars shrink towards the input while the loss stays where it began."
        ),
        expect="vanishing_gradient",
        group="depth",
        setup=Setup(),
        steps=500,
        seed=0,
        remedies=(
            ScenarioRemedy(
                "ReLU and He initialisation", "healthy", "the first layer comes back at once"
            ),
            ScenarioRemedy(
                "Residual connections", "healthy", "the identity path carries the signal"
            ),
            ScenarioRemedy(
                "A larger learning rate", "vanishing_gradient", "it does not help: see why"
            ),
        ),
    )
    return replace(made, **changes)


def snapshots(made: MadeUp, steps: int | None = None) -> Iterator[Snapshot]:
    """The first `steps` steps of a made-up run."""
    for step in range(made.steps if steps is None else steps):
        broken = made.nan_from is not None and step == made.nan_from
        first = NonFinite(step, "backward", made.layout.rows[-1].name, "weight") if broken else None
        yield snapshot(
            made.layout,
            step,
            made.norms(step),
            loss=None if made.loss is None else float(made.loss(step)),
            accuracy=None if made.accuracy is None else float(made.accuracy(step)),
            slow=step % made.every == 0,
            nonfinite=first,
        )


def history(made: MadeUp, steps: int | None = None) -> History:
    """The History of a made-up run's first `steps` steps."""
    out = History(made.layout, made.info)
    for one in snapshots(made, steps):
        out.append(one)
    return out


def view(made: MadeUp, steps: int | None = None, **changes: Any) -> View:
    """What the screen shows after `steps` steps of a made-up run; further fields of View by name."""
    kept = history(made, steps)
    facts = kept.facts()
    last = int(facts.steps[-1]) if len(facts) else -1
    diagnosis = made.diagnosis
    if made.nan_from is not None and last < made.nan_from:
        diagnosis = Diagnosis(HEALTHY, Severity.OK, last)
    shown = View(
        state="running",
        scenario=made.scenario,
        info=made.info,
        layout=made.layout,
        facts=facts,
        diagnosis=replace(diagnosis, step=last),
        histograms=max(kept.histograms.items(), key=lambda item: item[0], default=None),
        live_step=last,
        steps_per_s=85.0,
        overhead=0.012,
        order=tuple(range(len(made.layout.rows))),
    )
    return replace(shown, **changes)


def reference(made: MadeUp, steps: int | None = None) -> Reference:
    """A made-up run as the one that another is compared with."""
    return Reference(made.info.title, history(made, steps).facts(), made.diagnosis)
