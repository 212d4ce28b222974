"""Everything together: what is wrapped, who measures, and where the snapshots go."""

import os
import weakref
from collections.abc import Callable, Sequence
from math import isnan
from types import FrameType

from torch import Tensor, nn
from torch.optim import Optimizer

from gradtui.core.event import Ended, Event, Failed, RunInfo, Started
from gradtui.core.layout import Layout
from gradtui.instrument.activation_capture import ActivationCapture
from gradtui.instrument.budget import Ledger
from gradtui.instrument.clipping import Clips
from gradtui.instrument.cost_meter import CostMeter
from gradtui.instrument.dropped_passes import DroppedPasses
from gradtui.instrument.exception_guard import ExceptionGuard, Log
from gradtui.instrument.grad_scalers import GradScalers
from gradtui.instrument.graph_replays import GraphReplays
from gradtui.instrument.layout_builder import LayoutBuilder
from gradtui.instrument.left_over_gradients import LeftOverGradients
from gradtui.instrument.loss_capture import LossCapture
from gradtui.instrument.lost_loss import lost_loss
from gradtui.instrument.manual_updates import ManualUpdates
from gradtui.instrument.metric_capture import MetricCapture
from gradtui.instrument.nan_capture import NanCapture
from gradtui.instrument.nan_sampling import NanSampling
from gradtui.instrument.norms_between import NormsBetween
from gradtui.instrument.object_registry import ObjectRegistry
from gradtui.instrument.optimizer_hooks import OptimizerHooks
from gradtui.instrument.optimizer_in_backward import OptimizerInBackward
from gradtui.instrument.optimizer_numbers import parameters_of, steps_before
from gradtui.instrument.optimizer_steps import OptimizerSteps
from gradtui.instrument.param_groups import ParamGroups
from gradtui.instrument.patches import Patches
from gradtui.instrument.planned_steps import StepPlanner
from gradtui.instrument.program_facts import ProgramFacts
from gradtui.instrument.quick_steps import QuickSteps
from gradtui.instrument.remade_layers import RemadeLayers
from gradtui.instrument.replaced_parts import ReplacedParts
from gradtui.instrument.run_control import RunControl
from gradtui.instrument.step_listeners import StepListeners
from gradtui.instrument.step_measurement import StepMeasurement
from gradtui.instrument.step_records import StepRecord, StepRecorder
from gradtui.instrument.task_inference import UNKNOWN
from gradtui.instrument.thread_state import TrainingThreads
from gradtui.instrument.torch_func import TorchFunc
from gradtui.instrument.unmeasured_steps import UnmeasuredSteps
from gradtui.instrument.weight_loads import WeightLoads
from gradtui.instrument.zero_grad_check import ZeroGradCheck
from gradtui.runstore.format.metric_rows import MetricQueue
from gradtui.runstore.writer.control_file import ControlInbox
from gradtui.runstore.writer.ports import Sink

OVERHEAD = 0.03
"""Share of the program's own time that watching may take, once its start (0.5 s, `ALLOWANCE`) is
over."""


class Watcher:
    """Watches every optimizer of this process from now on, or `optimizer` alone.

    One snapshot goes into the sink for each optimizer step, numbered over all optimizers; the
    first is preceded by a `Started` with the layout, and so is the first with another layout. Names
    are found in `models` first. Nothing is told before the first step. In a forked child
    `renew(sink)` gives the sink for what the child trains. A sink whose `spent()` says how many
    seconds its own threads have taken has them counted. What the program logs goes into `metrics`.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        models: Sequence[nn.Module] = (),
        optimizer: Optimizer | None = None,
        overhead: float = OVERHEAD,
        autopsy: bool = True,
        catch_nan: bool = False,
        title: str = "",
        log: Log = lambda line: None,
        renew: Callable[[Sink], Sink] | None = None,
        frame: FrameType | None = None,
        inbox: ControlInbox | None = None,
        metrics: MetricQueue | None = None,
        attached: bool = False,
    ) -> None:
        """With `attached` the program has trained for some time: nothing of it is touched until `begin` is
        called, and what is there already is looked for then."""
        self._meter = CostMeter()
        self._guard = guard = ExceptionGuard(log, self._meter)
        self._renew, self._closed, self._told = renew, False, False
        self._pid = os.getpid()
        self._registry = ObjectRegistry(guard)
        self._listeners = listeners = StepListeners()
        self._losses = LossCapture(guard, listeners, self._registry.optimizers)
        self._scalers = GradScalers(guard, self._losses, listeners)
        self._clips = Clips(guard, self._scaled)
        self._clips.moment = lambda: (self._meter.steps, self._losses.passes)
        self._functional = TorchFunc(guard)
        self._layout_builder = LayoutBuilder(
            self._registry, models, title, self._known, self._by_hand, self._changed
        )
        ledger = Ledger(overhead, self._meter, every_step=catch_nan)
        self._sources = ParamGroups(self._layout_builder, ledger)
        self._nan_capture = NanCapture(
            guard, self._registry, models, ledger if catch_nan else None, rerun=autopsy
        )
        self._records = StepRecorder(sink, self._meter, ledger, self._nan_capture.late)
        self._records.settled = self._nan_capture.settled
        self._threads = TrainingThreads(self._several_train)
        self._scalars = UnmeasuredSteps(
            guard, self._losses, self._scalers, self._records, self._threads
        )
        self._control = RunControl(
            inbox or ControlInbox(), ledger, self._meter, self._sources.budgets, self._tell
        )
        self._hooks = OptimizerHooks(self._meter, self._scalars, self._threads, self._control)
        self._hooks.only = optimizer
        quick_steps = QuickSteps(
            self._hooks,
            self._scalars,
            self._losses,
            self._scalers,
            self._records,
            self._meter,
            self._threads,
            self._control.inbox,
        )
        self._hooks.quick, self._losses.quick = quick_steps.hooks, quick_steps.backward
        self._activations = ActivationCapture(guard, ledger, self._awaited)
        self._activations.replaced_parts = ReplacedParts(self._stepped)
        self._activations.remade_layers = RemadeLayers(self._stepped)
        measurement = StepMeasurement(
            self._sources,
            self._layout_builder,
            self._losses,
            self._clips,
            self._scalers,
            self._activations,
        )
        self._hooks.norms = NormsBetween(
            guard, self._losses, measurement, self._records, self._clips, self._scalers
        )
        self._in_backward = OptimizerInBackward(
            guard,
            ledger,
            measurement,
            self._layout_builder,
            self._records,
            self._hooks,
            self._scalars,
        )
        self._planner = StepPlanner(guard, self._losses, self._layout_builder.tell_again)
        self._steps = OptimizerSteps(
            self._hooks,
            measurement,
            self._in_backward,
            self._records,
            self._registry,
            self._losses,
            self._clips,
            guard,
            self._nan_capture,
            NanSampling(self._meter, ledger, self._losses, self._nan_capture),
            self._scalars,
            listeners,
            self._planner,
        )
        self._manual_updates = ManualUpdates(
            self._steps,
            self._sources,
            self._records,
            self._layout_builder,
            self._registry,
            self._losses,
            self._clips,
            guard,
            self._nan_capture,
            self._activations,
            self._control,
        )
        self._manual_updates.watching = optimizer is None
        self._nan_capture.broken_weight = self._steps.broken_weight
        self._replays = GraphReplays(
            guard, self._hooks, self._steps, self._layout_builder, self._losses
        )
        self._scalers.recorded = self._replays.loss_scaled
        self._metrics = MetricCapture(guard, MetricQueue() if metrics is None else metrics)
        self._losses.each_pass = self._metrics.look
        self._zero_grad_check = ZeroGradCheck(guard, self._layout_builder.tell_again)
        self._dropped_passes = DroppedPasses(
            guard, self._losses.graph_kept, self._layout_builder.tell_again
        )
        self._left_over = LeftOverGradients(guard, self._layout_builder.tell_again)
        self._weight_loads = WeightLoads(
            guard, self._meter, self._registry.optimizers, self._layout_builder.tell_again
        )
        self._steps.undone.news = self._layout_builder.tell_again
        self._losses.tell(self._layout_builder.tell_again)
        listeners.listen(
            self._layout_builder,
            self._clips,
            self._zero_grad_check,
            self._dropped_passes,
            self._left_over,
            self._hooks,
            self._in_backward,
            self._manual_updates,
            self._activations,
            self._nan_capture,
            self._steps,
            self._metrics,
        )
        self._steps_before: int | None = None
        """As `RunInfo.attached`."""
        self._own_of_each_thread()
        self._patches = Patches(
            self._meter,
            self._threads,
            self._control.inbox,
            self._manual_updates.between,
            prepared=attached,
        )
        for part in (
            self._registry,
            self._losses,
            self._clips,
            self._scalers,
            self._manual_updates,
            self._nan_capture,
            self._replays,
            self._weight_loads,
        ):
            part.install(self._patches)
        self._functional.install(self._patches)
        if not attached:
            self._put_on(optimizer, frame)

    def begin(self) -> int:
        """Of a program that has trained for some time: watch from the next whole step on. How many steps its
        optimizers have taken, by their own counts; -1 where that is not known."""
        self._registry.find_live()
        self._hooks.first_is_partial = lambda: not self._losses.passes
        self._patches.put_on()
        # Not sooner: a program that trains in a thread of its own, as Ray's do, goes on meanwhile.
        found = steps_before(self._registry.optimizers())
        self._steps_before = found
        self._put_on()
        return found

    def _put_on(self, optimizer: Optimizer | None = None, frame: FrameType | None = None) -> None:
        guard = self._guard
        self._metrics.install()
        self._hooks.install(self._steps)
        self._count_threads()
        if optimizer is not None:
            self._registry.meet(optimizer)
        if frame is not None:
            with guard("looking around"):
                self._registry.look(frame)
        with guard("the models"):
            self._nan_capture.enter()
        if hasattr(os, "register_at_fork"):
            this = weakref.ref(self)  # what is registered stays so for good

            def forked() -> None:
                watcher = this()
                if watcher is not None:
                    watcher._forked()

            os.register_at_fork(after_in_child=forked)

    def _own_of_each_thread(self) -> None:
        threads = self._threads
        threads.each(self._hooks, ("passing", "within", "open", "hushed"))
        threads.each(self._losses, ("noted", "_forgotten", "stale", "_several", "_scaled"))
        threads.each(self._losses, ("_broken", "_taken", "_aside", "reach", "depth", "passes"))
        threads.each(self._scalars, ("waiting", "_step", "_when", "source", "passes"))
        threads.each(self._clips, ("_clips", "_before", "_quick"))
        threads.each(self._activations, ("_found", "_step"))
        threads.each(self._scalers, ("current",))
        threads.each(self._steps, ("_sources",))
        threads.each(self._in_backward, ("_step", "_detail", "_parts"))
        threads.each(
            self._manual_updates,
            ("_leaves", "_gathering", "_source", "_loudest", "_version", "_marks"),
        )
        threads.each(self._manual_updates, ("_held", "_open", "_fresh", "_over"))
        threads.under_way = self._hooks, "open"

    def _several_train(self, under_way: dict[int, StepRecord | None]) -> None:
        """Calls of models and gradients are not told apart by threads: what is not looked at cannot
        be mistaken."""
        self._steps.renumber(under_way.values())
        self._nan_capture.close()
        self._zero_grad_check.stop()
        self._dropped_passes.stop()
        self._left_over.stop()
        self._meter.rest(False)

    @property
    def closed(self) -> bool:
        """Whether everything is taken off."""
        return self._closed

    @property
    def step(self) -> int:
        """The last step that has reached the sink, -1 before the first."""
        return self._records.last_step

    def failed(self, message: str, trace: str, frames: Sequence[FrameType] = ()) -> None:
        """The program raised, in these frames, the innermost first."""
        loss = float("nan")
        with self._guard("the loss of no step"):
            loss = self._losses.unused
        lost = None
        with self._guard("the loss that the program has stopped at"):
            lost = lost_loss(frames, self._losses.taken)
            if lost is not None and isnan(loss):
                loss = float(lost.detach())
        self._last_look(lost)
        with self._guard("an error of the program"):
            if self._told:
                self._records.sink.tell(Failed(0, self.step, message, trace, loss))
                self._told = False

    def close(self, reason: str = "finished") -> None:
        """Hand over what is left and take everything off. Once is enough, twice does no harm."""
        if self._closed:
            return
        self._closed = True
        mine = self._threads.enter()
        try:
            self._close(reason)
        finally:
            if mine:
                self._threads.leave()

    def _close(self, reason: str) -> None:
        self._last_look()
        with self._guard("closing"):
            if self._told and os.getpid() == self._pid:
                self._records.sink.tell(Ended(0, self._meter.steps, reason))
        with self._guard("what was logged"):
            self._metrics.close()
        with self._guard("taking off"):
            self._hooks.remove()
            self._patches.undo()
            self._losses.close()
            self._nan_capture.close()
            self._functional.close()
            self._steps.forget()
            self._zero_grad_check.stop()
            self._dropped_passes.stop()
            self._left_over.stop()
            self._sources.release()
            self._manual_updates.stepped()
            self._layout_builder.forget()

    def _last_look(self, lost: Tensor | None = None) -> None:
        with self._guard("what is left"):
            self._steps.raised()
            self._manual_updates.close()
            self._scalars.over()
            self._records.flush()
        if os.getpid() == self._pid:
            with self._guard("a last look"):
                self._steps.last_look(lost)

    def _stepped(self) -> list[Tensor]:
        """All that optimizers hold."""
        return [p for one in self._registry.optimizers() for p in parameters_of(one)]

    def _awaited(self) -> bool:
        """Whether the next step is measured in full, as far as is known, whoever takes it."""
        by_hand = not self._manual_updates.watching or self._manual_updates.awaited()
        return by_hand and self._hooks.awaited()

    def _by_hand(self) -> Sequence[Tensor]:
        """What is trained and no optimizer steps."""
        return self._manual_updates.leaves()

    def _known(self) -> ProgramFacts:
        """What is told of the run when its first step is."""
        task_facts = self._losses.task_facts or UNKNOWN
        steps = self._meter.steps
        return ProgramFacts(
            task_facts,
            clip=self._clips.description,
            clip_value=self._clips.limits.get("value"),
            scaled=self._scalers.seen,
            begun=steps > 0 or self._steps_before is not None,
            attached=self._steps_before,
            planned=self._planner.found,
            replayed=self._replays.seen,
            faults=(
                *self._zero_grad_check.told,
                *self._dropped_passes.told,
                *self._left_over.told,
                *self._clips.told,
                *self._losses.told,
                *self._activations.told,
                *self._weight_loads.told,
                *self._steps.undone.told,
            ),
        )

    def _scaled(self, tensors: frozenset[int]) -> bool:
        """Whether a loss scale is still in the gradients of these."""
        live = self._registry.optimizers()
        mine = [one for one in live if not tensors.isdisjoint(map(id, parameters_of(one)))]
        return any(map(self._scalers.still_scaled, mine))

    def _count_threads(self) -> None:
        """Have the sink's own threads counted, where it says what they take, and what is done where the
        program logs, in whatever thread."""
        spent = getattr(self._records.sink, "spent", None)
        metrics = self._metrics
        if callable(spent):
            self._meter.elsewhere = lambda: spent() + metrics.spent
        else:
            self._meter.elsewhere = lambda: metrics.spent

    def _tell(self, event: Event) -> None:
        """What was done that a viewer has asked for."""
        with self._guard("an answer to a viewer"):
            self._records.flush()
            self._records.sink.tell(event)

    def _changed(self, layout: Layout, info: RunInfo) -> None:
        self._records.tell(Started(0, layout, info))
        self._told = True

    def _forked(self) -> None:
        """In a child: nothing is known of what the parent had under way."""
        if self._closed:
            return
        try:
            self._pid = os.getpid()
            self._threads.begin_anew()
            self._meter.begin_anew()
            self._steps.forget()
            self._losses.forget()
            self._nan_capture.begin_anew()
            self._clips.forget()
            self._activations.forget()
            self._weight_loads.forget()
            self._scalers.forget()
            self._replays.forget()
            self._planner.forget()
            self._zero_grad_check.forget()
            self._dropped_passes.forget()
            self._left_over.forget()
            self._layout_builder.forget()
            self._metrics.forget()
            sink = self._records.sink if self._renew is None else self._renew(self._records.sink)
            self._records.begin_anew(sink)
            self._count_threads()
            self._functional.forget()
            self._told = False
        except Exception as error:
            self._guard.say(f"after a fork: {error}")
