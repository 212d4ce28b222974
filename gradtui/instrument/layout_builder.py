"""The layout of everything that is being trained, made when it is first needed and when it grows."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gradtui.autograd.row_order import Arranged
from gradtui.core.event import OptimizerGroup, RunInfo
from gradtui.core.layout import IntArray, Layout
from gradtui.core.wiring import Faults
from gradtui.instrument.data_parallel import synchronised
from gradtui.instrument.graph_reader import GraphReader, as_it_is
from gradtui.instrument.initial_checks import first_look, once_more
from gradtui.instrument.layout_rows import outline
from gradtui.instrument.module_tree import Owned, owned
from gradtui.instrument.object_registry import ObjectRegistry
from gradtui.instrument.optimizer_numbers import OptimizerNumbers, parameters_of, settings_of
from gradtui.instrument.parameter_names import Named, resolve
from gradtui.instrument.program_facts import ProgramFacts, precision
from gradtui.instrument.sequential_order import following
from gradtui.instrument.step_listeners import StepListener
from gradtui.instrument.task_inference import UNKNOWN, TaskFacts
from gradtui.instrument.tensor_groups import with_groups
from gradtui.instrument.weak_tensors import GONE, WeakTensors
from gradtui.nan_trace.module_walk import walk

STANDARD = (nn.Linear, nn.Conv2d)
UNSTABLE = 32
"""Layouts after which new tensors are no longer named: something makes them at every step."""
AGAIN = (1, 4, 16, 64, 256)
"""Records after which words are looked for again."""
BY_HAND = "by hand"
IN_THE_MIDDLE = "its first weights were not seen"
"""Why no theory line can be drawn."""
UNSEEN = 4
"""Names of unseen tensors that are told."""


class LayoutBuilder(StepListener):
    """Where in the layout each tensor is."""

    def __init__(
        self,
        registry: ObjectRegistry,
        models: Sequence[nn.Module],
        title: str,
        known: Callable[[], ProgramFacts],
        by_hand: Callable[[], Sequence[Tensor]],
        changed: Callable[[Layout, RunInfo], None],
    ) -> None:
        """`known` says what has been seen of the program, `by_hand` what is trained and no optimizer
        steps; `changed` is told of each layout."""
        self._registry = registry
        self._models = list(models)
        self._changed = changed
        self._place: dict[int, int] = {}
        self._held = WeakTensors(())
        self._numbering = OptimizerNumbers()
        self._registered = Layout((), ())
        """In the order of registration."""
        self._standard: frozenset[int] = frozenset()
        """Rows of it that are layers of torch's own."""
        self._layouts = 0
        self.passes = 0
        """Backward passes so far."""
        self._grown = -1
        """How many there were at the newest layout of new tensors."""
        self._first: dict[str, float] = {}
        """By row, what the weights did to the gradient at the first step."""
        self._faults: Faults | None = None
        """Of what is wired wrongly, what is seen before the first step."""
        self._names: dict[int, str] = {}
        """By id, what tensors were called in the newest layout."""
        self._told: tuple[list[str], Arranged] | None = None
        """What the newest layout was told with."""
        self._groups: tuple[OptimizerGroup, ...] = ()
        """That tensors of it lie in."""
        self._precision = ""
        self._said: Faults = ()
        self._passing: Faults = ()
        self._guesses = (0.0, 0.0)
        """As told, what answering costs that looks at no input."""
        self._loose: dict[int, str] = {}
        """By id, what a tensor that no module holds is called for good."""
        self._poor = self._waited = 0
        """Tensors for which no word was found, and records since."""
        self.title = title
        self._known, self._by_hand = known, by_hand
        self.layout: Layout | None = None

    def backward_begins(self, roots: Any) -> None:
        del roots
        self.passes += 1

    def at(self, tensors: Sequence[Tensor], word: str = "none") -> IntArray | None:
        """[tensors] their places in the layout, which may have to be made anew; None where it has
        been too often. `word` is said of the optimizer where there is none."""
        if not all(id(tensor) in self._place for tensor in tensors):
            if self._layouts >= UNSTABLE:
                return None
            self._make(tensors, by_hand=word == BY_HAND)
        if self.layout is None:
            self._arrange(word)
        elif precision(self._alive(), self._known()) != self._precision:
            self.tell_again()  # `module.to(dtype)` keeps its parameters
        return np.array([self._place[id(tensor)] for tensor in tensors], dtype=np.int64)

    def number(self, optimizer: Optimizer) -> int:
        """The index of an optimizer."""
        return self._numbering.of(optimizer, self._registry.optimizers())

    def forget(self) -> None:
        """The next step makes a layout of its own."""
        self.layout, self._place, self._held, self._layouts = None, {}, WeakTensors(()), 0
        self._grown = -1
        self._registered, self._first = Layout((), ()), {}
        self._faults = self._told = None
        self._loose, self._poor, self._waited = {}, 0, 0
        self._names = {}

    def tell_again(self) -> None:
        """More is known of the run, and nothing of the order of its rows."""
        if self.layout is not None and self._told is not None:
            words, done = self._told
            self._changed(self.layout, self._info(words, self._known(), done))

    def learn(self, faults: Faults, task: TaskFacts | None = None, passing: Faults = ()) -> None:
        """What steps have shown so far, where it may be news. `passing`: what holds now, for how long
        nobody knows."""
        told = self._guesses if task is None else task.guesses
        news = bool(faults) and not {*faults} <= {*self._said}
        if told != self._guesses or news or passing != self._passing:
            self._passing = passing
            self.tell_again()

    def _news(self) -> None:
        """More is known of the order of the rows: the next step makes a layout of the same tensors."""
        self.layout = None

    def _make(self, tensors: Sequence[Tensor], *, by_hand: bool) -> None:
        live = self._registry.optimizers()
        every = [p for one in live for p in parameters_of(one)]
        every = list({id(p): p for p in [*every, *self._by_hand(), *tensors]}.values())
        named = self._named(every)
        registered = self._outlined(named)
        if by_hand and self.layout is not None and registered == self._registered:
            # As it was, with other tensors: an update has put them in the place of the old ones.
            assert self._told is not None
            self._held = self._references(named)
            self._call(named)
            places = self._told[1].places
            self._place = {id(one.tensor): at for one, at in zip(named, places, strict=True)}
            return
        self._settle(named, registered)
        # One for each of many optimizers that are made at their first use is no sign of trouble.
        self._layouts += self.passes != self._grown
        self._grown = self.passes

    def _named(self, tensors: Sequence[Tensor]) -> list[Named]:
        self._registry.look(sys._getframe(1))
        given: dict[int, str] = {}
        for one in self._registry.optimizers():
            given |= given_names(one)
        return resolve(
            tensors,
            models=self._models,
            modules=self._registry.modules(),
            sights=self._registry.sights(),
            given=given,
            before=self._loose | self._registry.words(),
        )

    def _references(self, named: Sequence[Named]) -> WeakTensors:
        return WeakTensors((one.tensor for one in named), self._gone)

    def _gone(self, key: int) -> None:
        """An id is of use only while its owner lives."""
        self._place.pop(key, None)
        self._loose.pop(key, None)
        self._names.pop(key, None)

    def _alive(self) -> list[Tensor]:
        return [tensor for tensor in self._held.tensors() if tensor is not GONE]

    def _in_order(self) -> list[Tensor]:
        """[tensors of the layout]"""
        assert self.layout is not None
        places = {place: key for key, place in dict(self._place).items()}
        alive = {id(tensor): tensor for tensor in self._alive()}
        return [alive.get(places.get(i, 0), GONE) for i in range(len(self.layout.tensors))]

    def _outlined(self, named: Sequence[Named]) -> Layout:
        inside = [module for root in self._models for _, module in walk(root)]
        return outline(named, following([*inside, *self._registry.modules()]))

    def _settle(self, named: Sequence[Named], registered: Layout) -> None:
        self._registered = registered
        pairs = zip(registered.tensors, named, strict=True)
        self._standard = frozenset(t.row for t, one in pairs if type(one.module) in STANDARD)
        self._held = self._references(named)
        self._place = {id(one.tensor): i for i, one in enumerate(named)}
        self._call(named)
        self.layout = None

    def _call(self, named: Sequence[Named]) -> None:
        """Words that are found are kept; a model that has gone is no longer called anything."""
        self._loose = {id(one.tensor): one.word for one in named if one.root is None}
        self._poor = sum(one.poor for one in named)
        poor = {id(one.root) for one in named if one.poor}
        poor |= {id(one.tensor) for one in named if one.poor}
        self._loose = {key: word for key, word in self._loose.items() if key not in poor}
        self._registry.call([(one.root, one.word, id(one.root) not in poor) for one in named])

    def improve(self) -> None:
        """Called at each record: where no word was found for some of it, look for one again, now and
        then at first. What has a word keeps it."""
        if not self._poor or self.layout is None:
            return
        self._waited += 1
        if self._waited in AGAIN:
            named = self._named(self._alive())
            if sum(one.poor for one in named) < self._poor:
                self._settle(named, self._outlined(named))

    def _arrange(self, word: str) -> None:
        known = self._known()
        graph_reader = known.task_facts.graph_reader
        held = self._held.tensors()
        done = as_it_is(self._registered)
        if graph_reader is not None:
            done = graph_reader.arrange(self._registered, held, self._standard, self._news)
        self._place = {
            id(t): place for t, place in zip(held, done.places, strict=True) if t is not GONE
        }
        self.layout = self._renamed(done.layout)
        live = self._registry.optimizers()
        self.layout, self._groups = with_groups(self.layout, self._in_order(), live, self.number)
        words = [type(one).__name__ for one in live] or [word]
        self._told = words, done
        self._faults = self._looked(graph_reader)
        self._changed(self.layout, self._info(words, known, done))

    def _renamed(self, layout: Layout) -> Layout:
        """With what its tensors were called before, where that was otherwise."""
        tensors = list(layout.tensors)
        for key, place in dict(self._place).items():
            name = tensors[place].name
            was = self._names.get(key, name)
            if was != name:
                tensors[place] = replace(tensors[place], was=was)
            self._names[key] = name
        return (
            layout if tensors == list(layout.tensors) else replace(layout, tensors=tuple(tensors))
        )

    def _looked(self, graph_reader: GraphReader | None) -> Faults:
        assert self.layout is not None
        tensors = self._in_order()
        stepped = [p for one in self._registry.optimizers() for p in parameters_of(one)]
        roots = [*self._models, *self._registry.modules()]
        leaves = graph_reader.leaves if graph_reader else list
        if self._faults is None:
            return first_look(self.layout, tensors, leaves, stepped, roots)
        return once_more(self._faults, leaves, stepped, roots)

    def _info(self, optimizers: list[str], known: ProgramFacts, done: Arranged) -> RunInfo:
        held = self._alive()
        task_facts = known.task_facts if len(optimizers) == 1 else UNKNOWN
        unseen = self._unseen() if optimizers == [BY_HAND] else []
        self._precision, self._said = precision(held, known), known.faults
        self._guesses = known.task_facts.guesses
        return RunInfo(
            title=self.title,
            device=str(held[0].device) if held else "cpu",
            optimizer=", ".join(dict.fromkeys(optimizers)),
            precision=self._precision,
            task=task_facts.task,
            classes=task_facts.classes,
            mean_loss=task_facts.mean_loss,
            label_loss=task_facts.label_loss,
            samples=task_facts.samples,
            tokens=task_facts.tokens,
            steps=known.planned.steps,
            by_schedule=known.planned.by_schedule,
            epoch_steps=known.planned.epoch,
            settings=settings_of(next(iter(self._registry.optimizers()), None)),
            groups=self._groups,
            seed=torch.initial_seed(),
            residual=done.residual,
            clip=known.clip,
            clip_value=known.clip_value,
            not_plain=done.not_plain if known.attached is None else IN_THE_MIDDLE,
            wiring=(*known.task_facts.faults, *(self._faults or ()), *known.faults),
            unseen_tensors=len(unseen),
            unseen_elements=sum(one.tensor.numel() for one in unseen),
            unseen_names=tuple(one.name for one in unseen[:UNSEEN]),
            replayed=known.replayed,
            attached=known.attached,
            synchronised=synchronised(held, self._registry.modules()),
            carried=() if done.not_plain or done.residual else self._carried(task_facts, known),
        )

    def _unseen(self) -> list[Owned]:
        """Of the models that a layout has a part of, what is to be trained and is not in it."""
        held = [{id(one.tensor): one for one in owned(root)} for root in self._registry.called()]
        lacking = [
            one
            for parts in held
            for key, one in parts.items()
            if key not in self._place and one.tensor.requires_grad
        ]
        return list({id(one.tensor): one for one in lacking}.values())

    def _carried(self, task_facts: TaskFacts, known: ProgramFacts) -> tuple[float, ...]:
        """Followed once: at a later layout the first weights are gone."""
        assert self.layout is not None
        rows = [row.name for row in self.layout.rows]
        if not known.begun:
            self._first = dict(zip(rows, self._follow(task_facts, known), strict=False))
        return tuple(self._first[row] for row in rows) if {*rows} == {*self._first} else ()

    def _follow(self, task_facts: TaskFacts, known: ProgramFacts) -> tuple[float, ...]:
        # Not at the start: few programs have such a net, and theory takes 20 ms to be imported.
        from gradtui.stats.weight_gain import carried, entering

        assert self.layout is not None
        tensors = self._in_order()
        sized = not (known.clip or known.scaled)
        error = entering(self.layout, tensors)
        return carried(
            self.layout, tensors, error, task_facts.batch, task_facts.classes, sized=sized
        )


def given_names(optimizer: Optimizer) -> dict[int, str]:
    """The names that an optimizer was told, by id."""
    out = {}
    for group in getattr(optimizer, "param_groups", ()):
        names = group.get("param_names") or ()
        out.update({id(p): str(n) for p, n in zip(group["params"], names, strict=False)})
    return out
