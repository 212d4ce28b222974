"""What the graphs of losses tell of a program: of the first ones, and of some later ones."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from torch import Tensor

from gradtui.autograd.attention_dim import AttentionDim
from gradtui.autograd.cancelled_ratio import CancelledRatio
from gradtui.autograd.constant_terms import ConstantTerms
from gradtui.autograd.cut_recurrence import CutRecurrence
from gradtui.autograd.drowned_terms import DrownedTerms
from gradtui.autograd.growing_targets import GrowingTargets
from gradtui.autograd.label_frequencies import LabelFrequencies
from gradtui.autograd.learned_weights import LearnedWeights
from gradtui.autograd.loss_inputs import fed_wrongly
from gradtui.autograd.loss_margin import cost_of_margin
from gradtui.autograd.mean_answer import MeanAnswer
from gradtui.autograd.mixed_examples import mixed
from gradtui.autograd.policy_loss import PolicyLoss
from gradtui.autograd.recognised_samples import RecognisedSamples
from gradtui.autograd.scale_sign import ScaleSign
from gradtui.core.wiring import MARGIN, SAME_ANSWERS, Faults
from gradtui.instrument.embedded_label_check import EmbeddedLabelCheck
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.graph_reader import GraphReader
from gradtui.instrument.reward_variables import reward_variables
from gradtui.instrument.task_inference import TaskFacts, look_ahead

SOON = 4
"""Steps between two looks that have to agree, at most."""
FIRST_FEW = 16
"""Losses among which examples that are mixed are looked for: a longer walk than the others."""


class LossExamination:
    """`look` before backward; what the others say is what is known by then. No node is kept."""

    def __init__(self, guard: ExceptionGuard, graph_reader: GraphReader) -> None:
        self._guard, self._graph_reader = guard, graph_reader
        self.task_facts: TaskFacts | None = TaskFacts(graph_reader=graph_reader)
        """What the first loss has told of the task."""
        self._looked = False
        self.news: Callable[[], None] = lambda: None
        """Called when a later loss turns out to be fed wrongly: the next record may be far."""
        self._fed: Faults = ()
        """What later losses were fed with wrongly: of a second net, or in a second part of the training."""
        self._next_glance = 1
        """Backward passes after which it is looked at again."""
        self._labels = LabelFrequencies()
        self._mean_answer = MeanAnswer()
        self._policy = PolicyLoss()
        self._cancelled = CancelledRatio()
        self._cut_recurrence = CutRecurrence()
        self._recognised = RecognisedSamples()
        self._scale_sign = ScaleSign()
        self._attention_dim = AttentionDim()
        self._embedded = EmbeddedLabelCheck()
        self._learned_weights = LearnedWeights()
        self._constant_terms = ConstantTerms()
        self._drowned_terms = DrownedTerms()
        self._growing_targets = GrowingTargets()
        self._margin: Faults = ()
        """What it costs to tell nothing apart, of a first loss that is of triplets."""

    @property
    def told(self) -> Faults:
        """Data in the order of its labels, a policy's entropy, and what else the graphs show."""
        first = self.task_facts.faults if self.task_facts is not None else ()
        fed = tuple(fault for fault in self._fed if fault[0] not in dict(first))
        return (
            *self._labels.told,
            *fed,
            *self._policy.told,
            *self._cancelled.told,
            *self._cut_recurrence.told,
            *self._recognised.told,
            *self._scale_sign.told,
            *self._attention_dim.told,
            *self._embedded.told,
            *self._constant_terms.told,
            *self._margin,
            *self.passing,
        )

    @property
    def passing(self) -> Faults:
        """Of these, what later losses may take back."""
        return (
            *self._learned_weights.told,
            *self._drowned_terms.told,
            *self._growing_targets.told,
        )

    @property
    def again(self) -> int:
        """Steps until another loss is to be looked at, where several have to agree; else 0."""
        return SOON if self._drowned_terms.tried else 0

    def derivative_taken(self, outputs: Any, inputs: Any, passes: int) -> None:
        """torch.autograd.grad is called, and makes no graph of it; after so many backward passes."""
        if not self._constant_terms.done:
            with self._guard("a derivative"):
                self._constant_terms.derivative_taken(outputs, inputs, passes)

    def look(self, loss: Tensor, passes: int) -> None:
        """`passes` is the number of backward passes, this one's included."""
        first = not self._looked
        if first:
            self._looked = True
            with self._guard("looking at the first loss"):
                self.task_facts = replace(look_ahead(loss), graph_reader=self._graph_reader)
            with self._guard("a margin"):
                cost, known = cost_of_margin(loss), self.task_facts
                if cost and known is not None:
                    words = f"to tell nothing apart costs {cost:.3g}, the margin"
                    self._margin = ((MARGIN, words),)
                    self.task_facts = replace(known, mean_loss=cost)
                    self._mean_answer.done = True
        if not self._policy.done:
            with self._guard("looking at a policy's loss"):
                self._policy.look(loss, reward_variables)
        if not self._cancelled.done:
            with self._guard("looking at ratios"):
                self._cancelled.look(loss)
        if not self._cut_recurrence.done:
            with self._guard("looking at recurrences"):
                self._cut_recurrence.look(loss)
        if not self._recognised.done:
            with self._guard("looking at the labels of samples"):
                self._recognised.look(loss)
        if not self._scale_sign.done:
            with self._guard("looking at logarithms of scales"):
                self._scale_sign.look(loss)
        if not self._attention_dim.done:
            with self._guard("looking at attentions"):
                self._attention_dim.look(loss)
        if not self._constant_terms.done:
            with self._guard("looking at terms without a gradient"):
                self._constant_terms.look(loss, passes)
        if not self._embedded.done:
            with self._guard("looking at labels and embeddings"):
                self._embedded.look(loss)
                self._labels.padding = self._embedded.padding
        if self._learned_weights.told:  # they may grow again
            with self._guard("weights that are learned"):
                self._learned_weights.look(loss)
        if self._drowned_terms.due(passes):
            with self._guard("terms beside others"):
                self._drowned_terms.look(loss, passes)
        facts, news = self.task_facts, False
        if passes >= self._next_glance:
            self._next_glance = 2 * passes + 1
            with self._guard("what a loss function is fed with"):
                new = (*fed_wrongly(loss), *(mixed(loss) if first or passes <= FIRST_FEW else ()))
                # Of units that have died since all answers are the same as well.
                new = tuple(fault for fault in new if fault[0] != SAME_ANSWERS)
                fed = tuple(dict((*new, *self._fed)).items())
                news, self._fed = len(fed) > len(self._fed), fed
                self._learned_weights.look(loss)
                self._policy.glance(loss, passes)
                self._drowned_terms.look(loss, passes)
                self._growing_targets.look(loss)
                self._mean_answer.check(loss)
                told = self._mean_answer.cost or self._margin
                if facts is not None and facts.mean_loss and not told:
                    self.task_facts = facts = replace(facts, mean_loss=0.0)
        if not self._labels.done and facts is not None and facts.task == "classification":
            with self._guard("looking at labels"):
                self._labels.look(loss)
                if self._labels.cost:
                    self.task_facts = replace(facts, label_loss=self._labels.cost)
        if not self._mean_answer.done and facts is not None and facts.task != "classification":
            with self._guard("looking at targets"):
                self._mean_answer.look(loss)
                self.task_facts = replace(facts, mean_loss=self._mean_answer.cost)
        if news:
            self.news()
