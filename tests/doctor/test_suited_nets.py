"""Remedies fit what a net is made of: what it does not have is not named."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gradtui.core.facts import Facts
from gradtui.core.layout import Layout
from gradtui.doctor.remedies.code.activations import ORTHOGONAL_TANH, STEEP_ACTIVATION
from gradtui.doctor.remedies.code.learning_rate import LOWER_LR_AND_WARM_UP
from gradtui.doctor.remedies.code.prescription import Prescription
from gradtui.doctor.remedies.code.prescriptions import prescribe
from gradtui.doctor.remedies.code.recurrent import GATES, ORTHOGONAL
from gradtui.doctor.remedies.code.recurrent_stacks import (
    FEWER_RECURRENT_LAYERS,
    NORMED_OUTPUTS,
    OPEN_GATES,
)
from gradtui.doctor.remedies.code.scale import STANDARD_INPUTS
from gradtui.doctor.remedies.code.structure import NORMALISING, SKIPS_OR_NORMS, SMALLER_BRANCHES
from gradtui.doctor.remedies.code.weights import FITTING_INIT
from gradtui.doctor.remedies.conditions import nets
from gradtui.doctor.remedies.conditions.selection import suited
from gradtui.doctor.remedy import Remedy
from tests.doctor.prescribed import ADVICE, apply, facts_of, finding
from tests.repairs.nets import conv
from tests.verdicts.nets import Attention, Recurrent, mlp

DEPTH, WEIGHTS = ADVICE["vanishing_depth"], ADVICE["vanishing_weights"]


class Reader(nn.Module):
    """Tokens, recurrent layers above one another, an answer."""

    def __init__(self, kind: type[Any] = nn.LSTM, layers: int = 6, **more: Any) -> None:
        super().__init__()
        self.table = nn.Embedding(10, 16)
        self.rnn = kind(16, 24, num_layers=layers, batch_first=True, **more)
        self.head = nn.Linear(48 if more.get("bidirectional") else 24, 10)

    def forward(self, tokens: Tensor) -> Tensor:
        out, _ = self.rnn(self.table(tokens))
        return self.head(out[:, -1])


def remedies(facts: Facts, *told: Remedy, **changes: Any) -> tuple[Remedy, ...]:
    return suited(finding(*told, **changes), facts).remedies


def code(facts: Facts, remedy: Remedy, **changes: Any) -> Prescription:
    return prescribe(finding(remedy, **changes), facts)[0]


def of_kinds(facts: Facts, kinds: dict[int, str]) -> Facts:
    rows = tuple(
        replace(row, kind=kinds.get(i, row.kind)) for i, row in enumerate(facts.layout.rows)
    )
    return replace(facts, layout=Layout(facts.layout.tensors, rows))


def test_a_recurrent_net_gets_recurrent_advice() -> None:
    for told in nets.FADING:
        assert remedies(facts_of(Reader()), *told) == ADVICE["vanishing_recurrent"]
    gru = remedies(facts_of(Reader(nn.GRU, 1)), *DEPTH)
    assert gru == (ORTHOGONAL, NORMED_OUTPUTS)
    plain = remedies(facts_of(Recurrent(nn.RNN, 8, 32, 10)), *WEIGHTS)
    assert plain[:2] == (ORTHOGONAL, GATES)
    start = remedies(facts_of(Reader()), *ADVICE["plateau_init"], symptom="plateau")
    assert start[-1] == ADVICE["plateau_init"][-1]


def test_a_saturated_one_is_normed_where_it_gives_something_out() -> None:
    told = remedies(facts_of(Reader(nn.GRU, 1)), *ADVICE["driven"], symptom="saturated")
    assert told == (ADVICE["driven"][0], NORMED_OUTPUTS, ORTHOGONAL)
    alone = facts_of(nn.Sequential(nn.Linear(4, 2)))
    assert not set(remedies(alone, *ADVICE["driven"])).intersection(NORMALISING)


def test_its_lines_run() -> None:
    for more in ({}, {"bidirectional": True}, {"bias": False}):
        for kind in (nn.LSTM, nn.GRU, nn.RNN):
            facts = facts_of(Reader(kind, 4, **more))
            for one in prescribe(suited(finding(*DEPTH), facts), facts):
                net = Reader(kind, 4, **more)
                apply(one, {"torch": torch, "model": net})
                net(torch.randint(0, 10, (8, 5))).sum().backward()
                grads = [p.grad for p in net.parameters() if p.grad is not None]
                assert len(grads) == len(list(net.parameters()))


def test_forget_gates_are_open_once_and_layers_fewer() -> None:
    facts, net = facts_of(Reader()), Reader()
    apply(code(facts, OPEN_GATES), {"torch": torch, "model": net})
    for layer in range(6):
        both = net.rnn.get_parameter(f"bias_ih_l{layer}") + net.rnn.get_parameter(
            f"bias_hh_l{layer}"
        )
        assert torch.equal(both[24:48], torch.ones(24))
        gate = net.rnn.get_parameter(f"weight_hh_l{layer}")[24:48]
        assert torch.allclose(gate @ gate.T, torch.eye(24), atol=1e-4)
    apply(code(facts, FEWER_RECURRENT_LAYERS), {"torch": torch, "model": net})
    assert net.rnn.num_layers == 2
    assert net.rnn.batch_first


def test_nothing_is_subtracted_from_indices_nor_swapped_unseen() -> None:
    facts = facts_of(Reader())
    for told in ADVICE.values():
        for symptom in ("exploding_gradient", "vanishing_gradient", "saturated"):
            named = suited(finding(*told, symptom=symptom), facts)
            for one in prescribe(named, facts):
                if "targets" not in one.code:
                    assert "spread" not in one.code, one.remedy
    assert prescribe(finding(STANDARD_INPUTS), facts) == ()
    assert "setattr" not in code(facts, STEEP_ACTIVATION).code


def test_what_is_steep_already_gets_its_own_weights_first() -> None:
    facts = facts_of(mlp(24), activation="relu")
    told = remedies(facts, *DEPTH)
    assert told == (FITTING_INIT, SKIPS_OR_NORMS, ORTHOGONAL_TANH)
    first = code(facts, told[0]).code
    assert "kaiming_normal_" in first
    assert "Tanh" not in first
    assert "torch.nn.Tanh()" in code(facts, ORTHOGONAL_TANH).code
    convolutions = facts_of(conv(12, nn.ReLU), activation="relu")
    told = remedies(convolutions, *ADVICE["vanishing_convolutions"])
    assert told[:2] == (SKIPS_OR_NORMS, FITTING_INIT)
    tanh = facts_of(mlp(24, act=nn.Tanh), activation="tanh")
    assert remedies(tanh, *DEPTH)[0] == ORTHOGONAL_TANH
    assert remedies(facts_of(mlp(4, act=nn.Sigmoid), activation="sigmoid"), *DEPTH) == DEPTH


def test_a_transformer_is_normed_before_its_weights_are_drawn_anew() -> None:
    net = Attention(2, pre=False)
    facts = facts_of(net, residual=True, optimizer="AdamW")
    usual = replace(facts, lr=np.full(len(facts), 1e-3))
    assert remedies(usual, *DEPTH) == ADVICE["vanishing_transformer"]
    fast = replace(facts, lr=np.full(len(facts), 0.03))
    told = remedies(fast, *DEPTH)
    assert told[0] == LOWER_LR_AND_WARM_UP
    assert told[-1] == FITTING_INIT
    lower = code(fast, told[0]).code
    assert 'group["lr"] = 0.001' in lower
    assert "LinearLR" in lower
    cut = replace(usual, info=replace(usual.info, residual=False))
    assert SMALLER_BRANCHES not in remedies(cut, *DEPTH)
    before = net.blocks.layers[0].linear2.weight.detach().clone()
    apply(code(usual, SMALLER_BRANCHES), {"torch": torch, "model": net})
    assert torch.allclose(net.blocks.layers[0].linear2.weight, before / 2)


def test_norms_that_are_there_are_not_added_once_more() -> None:
    net = mlp(4, norm=nn.BatchNorm1d)
    facts, told = facts_of(net, activation="relu"), ADVICE["exploding_init"]
    ill = remedies(facts, *told, symptom="exploding_gradient")
    assert ill[0] == ADVICE["eval_mode"][0]
    assert not set(ill).intersection(NORMALISING)
    later = remedies(facts, *told, symptom="exploding_gradient", first_step=50)
    assert ADVICE["eval_mode"][0] not in later
    assert SKIPS_OR_NORMS not in remedies(facts, *WEIGHTS)
    assert remedies(facts_of(mlp(4), activation="relu"), *WEIGHTS) == WEIGHTS


def test_words_of_a_leaky_activation_say_whether_weights_are_drawn_anew() -> None:
    facts = facts_of(mlp(4), activation="relu")
    born = replace(facts, judged_norms=np.zeros_like(facts.judged_norms))
    told = remedies(born, *ADVICE["dead_relu"], symptom="dead_relu")
    assert told == ADVICE["dead_start"]
    assert "He initialisation" in told[0].text
    assert "kaiming_normal_" in code(born, told[0], symptom="dead_relu").code
    late = remedies(born, *ADVICE["dead_relu"], symptom="dead_relu", first_step=160)
    assert late == ADVICE["dead_relu"]
    assert "kaiming" not in code(born, late[0], symptom="dead_relu", first_step=160).code
