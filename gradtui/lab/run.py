"""One training run: a scenario made flesh, taken forward one optimizer step at a time."""

import time
from collections.abc import Iterator

import torch

from gradtui.core.autopsy import Autopsy
from gradtui.core.errors import TrainingError
from gradtui.core.event import RunInfo
from gradtui.core.snapshot import Snapshot
from gradtui.lab.arithmetic import Arithmetic
from gradtui.lab.data.batches import Batches, build_task
from gradtui.lab.first_batch import carried_by
from gradtui.lab.models.build import build_network
from gradtui.lab.nan_examination import NanExamination
from gradtui.lab.objective import objective
from gradtui.lab.optimization import (
    build_optimizer,
    clamp_weights,
    clip_gradients,
    describe,
    warmed_up,
)
from gradtui.lab.probe import Probe, StepContext
from gradtui.lab.scenario.schema import Scenario, Setup


def pick_device(wanted: str) -> torch.device:
    """ "auto" takes CUDA where there is one; asking for CUDA in vain is an error."""
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise TrainingError(
            "no CUDA device can be used here (torch.cuda.is_available() is false); "
            "use --device cpu or --device auto"
        )
    return torch.device(wanted)


class Run:
    """Model, data, optimizer and probe of one run. Same seed and device: the same run to the bit,
    with and without the probe."""

    def __init__(
        self,
        scenario: Scenario,
        setup: Setup,
        *,
        run: int = 0,
        seed: int | None = None,
        device: str = "auto",
        probed: bool = True,
    ) -> None:
        self.run = run
        self.seed = scenario.seed if seed is None else seed
        self.step_number = 0
        self.setup = setup
        self.device = pick_device(device)
        self.task = build_task(setup.data.name, setup.data, self.seed)
        self.network = build_network(setup, self.task, self.seed)
        carried = carried_by(self.network, setup, self.task, self.seed) if probed else ()
        self.module = self.network.module
        self.arithmetic = Arithmetic(setup.precision, self.module, self.device)
        self.parameters = self.arithmetic.parameters
        self._weights = list(self.module.parameters())
        self.optimizer = build_optimizer(setup.optimizer, self.parameters)
        self.batches = Batches(self.task, setup.data.batch_size, self.seed, self.device)
        self.layout = self.network.layout()
        self.probe = Probe(self.network, self.parameters, self.device) if probed else None
        self.nan_examination = NanExamination(self.network) if probed else None
        self.last_loss = torch.full((), float("nan"))
        self.info = RunInfo(
            title=scenario.title,
            device=str(self.device),
            optimizer=f"{setup.optimizer.kind} lr {setup.optimizer.lr:g}",
            precision=setup.precision.kind,
            task=self.task.kind,
            classes=self.task.classes,
            steps=scenario.steps,
            seed=self.seed,
            residual=setup.model.residual,
            clip=describe(setup.clip),
            clip_value=setup.clip.value,
            samples=setup.data.batch_size,
            carried=carried,
        )

    def step(self) -> None:
        """One optimizer step, read top to bottom. The only waits for the device are torch's own."""
        began = time.perf_counter()
        step, probe, arithmetic = self.step_number, self.probe, self.arithmetic
        inputs, targets = self.batches.next()
        if inputs.is_floating_point():
            inputs = inputs.to(arithmetic.input_dtype)
        if targets.is_floating_point():
            targets = targets.to(arithmetic.input_dtype)
        lr = warmed_up(self.setup.optimizer, step)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        for weight in self._weights:  # as zero_grad does, which looks for them anew each time
            weight.grad = None

        if probe:
            probe.before_forward(step)
        with arithmetic.forward_context():
            loss, right = objective(self.setup, self.task, self.module, inputs, targets)
        self.last_loss = loss.detach()
        if probe:
            probe.after_forward(loss, right)

        scale = arithmetic.scale
        arithmetic.backward(loss)
        arithmetic.unscale(self.optimizer)
        if probe:
            probe.gradients(step, scale if scale == scale else 1.0)
        autopsy = self._examine(step) if probe and probe.broken() else None
        factor = clip_gradients(self.setup.clip, self.parameters)
        if probe:
            probe.clipped(factor)
            probe.before_update(step)
        skipped = arithmetic.step(self.optimizer)
        clamp_weights(self.setup.clip, self.parameters)
        if probe:
            unscaled = scale == scale
            context = StepContext(self.run, step, lr, scale, skipped, unscaled, began, autopsy)
            probe.after_update(context, self.optimizer)
        if self.nan_examination:
            self.nan_examination.over()
        self.step_number += 1

    def ready(self, *, wait: bool = False) -> Iterator[Snapshot]:
        """Snapshots that have arrived since the last call; all outstanding ones where `wait`."""
        if self.probe:
            yield from self.probe.ready(wait=wait)

    def close(self) -> None:
        """No step comes any more: nothing listens to calls of its network, however long that is kept."""
        if self.nan_examination:
            self.nan_examination.close()

    def _examine(self, step: int) -> Autopsy | None:
        """Once a run. What a loss scaler is about to catch is not looked into."""
        if self.nan_examination is None or self.arithmetic.scaler is not None:
            return None
        return self.nan_examination.examine(step, float(self.last_loss))
