"""Every remedy's lines run as they stand, on nets of every kind."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from gradtui.doctor.remedies.code.prescription import PLACES, parts
from gradtui.doctor.remedies.code.prescriptions import prescribe
from tests.doctor.prescribed import ADVICE, apply, facts_of, finding, script_of
from tests.repairs.nets import Blocks, Functional, Shared, conv
from tests.verdicts.nets import Attention, Recurrent, mlp

FLAT = (8, 64)
ROWS = (8, 8, 8)
NETS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "mlp": (lambda: mlp(4), FLAT),
    "deep": (lambda: mlp(14, act=nn.Sigmoid), FLAT),
    "blocks": (lambda: Blocks(3, nn.Sigmoid), FLAT),
    "shared": (lambda: Shared(3, nn.Tanh()), FLAT),
    "functional": (lambda: Functional(3, torch.relu), FLAT),
    "cnn": (lambda: conv(3, nn.ReLU), (8, 1, 8, 8)),
    "rnn": (lambda: Recurrent(nn.RNN, 8, 16, 10), ROWS),
    "lstm": (lambda: Recurrent(nn.LSTM, 8, 16, 10), ROWS),
    "transformer": (lambda: Attention(2), ROWS),
}
DEAR = ("transformer", "deep", "rnn")
ACTIVATIONS = {
    "mlp": "relu",
    "deep": "sigmoid",
    "blocks": "sigmoid",
    "shared": "tanh",
    "functional": "relu",
    "cnn": "relu",
    "rnn": "tanh",
    "transformer": "relu",
}
REMEDIES = [(key, remedy) for key, remedies in ADVICE.items() for remedy in remedies]


def brief(code: str) -> str:
    """A check that trains takes 300 steps; three show that it runs."""
    return code.replace("range(300)", "range(3)")


def bfloat16_lstm() -> bool:
    """Whether this processor's LSTM trains in bfloat16: without AVX-512 oneDNN has none."""
    try:
        with torch.autocast("cpu", torch.bfloat16):
            nn.LSTM(8, 16, batch_first=True)(torch.zeros(8, 8, 8))
    except RuntimeError:
        return False
    return True


def batch(shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    return torch.randn(shape), torch.randint(0, 10, (shape[0],))


@pytest.mark.parametrize("known", [pytest.param(False, marks=pytest.mark.long), True])
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(net, marks=[pytest.mark.slow, pytest.mark.long]) if net in DEAR else net
        for net in NETS
    ],
)
def test_the_lines_run_and_the_net_still_trains(name: str, known: bool) -> None:
    build, shape = NETS[name]
    facts, done = facts_of(build(), activation=ACTIVATIONS.get(name, "") if known else ""), set()
    for key, remedy in REMEDIES:
        torch.manual_seed(0)
        for one in prescribe(finding(remedy), facts):
            if parts(one) in done:  # two remedies may come to the same
                continue
            done.add(parts(one))
            if name == "lstm" and "bfloat16" in one.code and not bfloat16_lstm():
                continue
            net = build()
            inputs, targets = batch(shape)
            if "standard deviation" in remedy.text:
                targets = targets.float()
                apply(one, {"torch": torch, "inputs": inputs.float(), "targets": targets})
                continue
            apply(one, script_of(net, inputs, targets), PLACES, brief)
            optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
            loss = nn.functional.cross_entropy(net(inputs).float(), targets)
            loss.backward()
            optimizer.step()
            weights = [p for p in net.parameters() if p.grad is not None]
            assert weights, (key, remedy)
            assert all(bool(torch.isfinite(p).all()) for p in weights), (key, remedy)


@pytest.mark.parametrize("name", NETS)
def test_an_activation_is_replaced_and_the_output_left_alone(name: str) -> None:
    build, shape = NETS[name]
    net = build()
    with_end = nn.Sequential(net, nn.Sigmoid())
    (one,) = prescribe(finding(ADVICE["vanishing_depth"][0]), facts_of(with_end))
    apply(one, {"torch": torch, "model": with_end})
    assert isinstance(with_end[1], nn.Sigmoid)
    assert not any(isinstance(m, nn.Sigmoid) for m in net.modules())
    assert with_end(batch(shape)[0]).shape == (8, 10)


def test_functions_that_a_model_keeps_are_replaced() -> None:
    net = Functional(3, torch.relu)
    (one,) = prescribe(finding(ADVICE["dead_relu"][0], symptom="dead_relu"), facts_of(net))
    apply(one, {"torch": torch, "model": net}, [one.place])
    assert isinstance(net.act, nn.LeakyReLU)
    assert "by hand" in one.code  # what is called by its name is said to be out of reach


def test_one_module_in_several_places_is_replaced_in_all() -> None:
    same = nn.Sigmoid()
    net = nn.Sequential(nn.Linear(64, 8), same, nn.Linear(8, 8), same, nn.Linear(8, 10))
    facts = facts_of(net, activation="sigmoid")
    (one,) = prescribe(finding(ADVICE["vanishing_depth"][0]), facts)
    apply(one, {"torch": torch, "model": net})
    assert [type(net[i]) for i in (1, 3)] == [nn.ReLU, nn.ReLU]


def test_half_of_the_layers_go_and_the_rest_fits() -> None:
    for name, left in {"mlp": 3, "deep": 8, "blocks": 4, "cnn": 3}.items():
        build, shape = NETS[name]
        net = build()
        (one,) = prescribe(finding(ADVICE["vanishing_depth"][2]), facts_of(net))
        apply(one, {"torch": torch, "model": net})
        assert net(batch(shape)[0]).shape == (8, 10)
        layers = [m for m in net.modules() if isinstance(m, (nn.Linear, nn.Conv2d))]
        assert len(layers) == left, name


def test_norms_go_to_the_front_of_a_transformers_branches() -> None:
    remedy = ADVICE["vanishing_uniform"][1]
    net = Attention(2, pre=False)
    (one,) = prescribe(finding(remedy), facts_of(net))
    apply(one, {"torch": torch, "model": net})
    assert all(block.norm_first for block in net.blocks.layers)


def test_norms_go_where_they_fit() -> None:
    (remedy,) = [r for r in ADVICE["vanishing_uniform"] if "BatchNorm" in r.text]
    wanted = {"mlp": nn.BatchNorm1d, "cnn": nn.BatchNorm2d}
    for name, kind in wanted.items():
        net = NETS[name][0]()
        (one,) = prescribe(finding(remedy), facts_of(net))
        before = sum(isinstance(m, kind) for m in net.modules())
        apply(one, {"torch": torch, "model": net})
        added = sum(isinstance(m, kind) for m in net.modules()) - before
        assert added == 3
        norms = [m for m in list(net.modules())[-2:] if "Norm" in type(m).__name__]
        assert not norms, "nothing after the output"
    net = NETS["rnn"][0]()
    (one,) = prescribe(finding(remedy), facts_of(net))
    apply(one, {"torch": torch, "model": net})
    assert isinstance(net.rnn.norm, nn.LayerNorm)  # no other layer is hidden
    assert prescribe(finding(remedy), facts_of(nn.Sequential(nn.Linear(8, 2)))) == ()


def test_a_gru_takes_the_place_of_a_plain_recurrent_net() -> None:
    net = Recurrent(nn.RNN, 8, 16, 10)
    (one,) = prescribe(finding(ADVICE["vanishing_time"][1]), facts_of(net))
    apply(one, {"torch": torch, "model": net})
    assert isinstance(net.rnn, nn.GRU)
    assert float(net.rnn.bias_ih_l0[16:32].detach().min()) >= 1.0
    assert net(torch.randn(4, 8, 8)).shape == (4, 10)


def test_a_gradient_that_is_not_finite_is_not_stepped_with() -> None:
    net = mlp(3)
    (one,) = prescribe(finding(ADVICE["nonfinite_weights"][1]), facts_of(net))
    script = script_of(net, *batch(FLAT))
    apply(one, script)
    assert all(p.grad is not None for p in net.parameters())
    net[0].weight.grad[0, 0] = float("inf")
    before = net[0].weight.detach().clone()
    apply(one, script)
    script["optimizer"].step()
    assert torch.equal(before, net[0].weight)
