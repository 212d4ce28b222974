"""Programs of several models, several passes, several calls."""

import dataclasses
from collections import OrderedDict
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradtui.core.autopsy import Autopsy, Span
from gradtui.nan_trace.call_recorder import CallRecorder
from gradtui.nan_trace.examination import examine
from gradtui.nan_trace.nested_tensors import tensors
from tests.nan_trace.broken import WIDTH, Do, Gap, zero


class Program:
    """Models that are watched, and what came of a loss."""

    def __init__(self, **models: nn.Module) -> None:
        torch.manual_seed(0)
        self.call_recorder = CallRecorder()
        self.call_recorder.watch(
            [(word if len(models) > 1 else "", m) for word, m in models.items()]
        )

    def examined(self, loss: Tensor | None, *, back: bool = True) -> Autopsy:
        if loss is not None and back:
            loss.backward()
        value = None if loss is None else float(loss.detach())
        found = examine(self.call_recorder.calls(), 3, value, dropped=self.call_recorder.dropped())
        self.call_recorder.close()
        return found


def mlp(*middle: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(WIDTH, WIDTH), *middle, nn.Linear(WIDTH, WIDTH))


def x() -> Tensor:
    return torch.randn(4, WIDTH)


def test_a_generator_before_its_critic() -> None:
    made, critic = mlp(Do(lambda x: x / zero(x))), mlp()
    run = Program(made=made, critic=critic)
    found = run.examined(critic(x()).mean() - critic(made(x())).mean())
    assert (found.phase, found.module) == ("forward", "made.1")


def test_a_critic_gives_its_generator_a_bad_gradient() -> None:
    made, critic = mlp(), mlp(Do(lambda x: zero(x).sqrt()))
    run = Program(made=made, critic=critic)
    found = run.examined(critic(made(x())).mean())
    assert (found.phase, found.module) == ("backward", "critic.1")


def test_code_between_two_models() -> None:
    one, two = mlp(), mlp()
    run = Program(one=one, two=two)
    found = run.examined(two(zero(one(x())).log()).mean())
    assert (found.phase, found.module) == ("forward", "")
    assert "two" in found.words


def test_code_between_two_models_backward() -> None:
    one, two = mlp(), mlp()
    run = Program(one=one, two=two)
    found = run.examined(two(zero(one(x())).sqrt()).mean())
    assert (found.phase, found.module) == ("backward", "")
    assert "one" in found.words


def test_a_loss_that_is_a_module() -> None:
    class Odd(nn.Module):
        def forward(self, out: Tensor, wanted: Tensor) -> Tensor:
            return (out - wanted).sqrt().mean()

    model, criterion = mlp(), Odd()
    run = Program(model=model, criterion=criterion)
    found = run.examined(criterion(model(x()), torch.full((4, WIDTH), 99.0)))
    assert (found.phase, found.module, found.operation) == ("forward", "criterion", "sqrt")


@pytest.mark.parametrize("bad", range(3))
def test_one_micro_batch_of_three(bad: int) -> None:
    model = mlp(Do(lambda x: x / (x.abs().max() < 50)))
    run = Program(model=model)
    total = torch.zeros(())
    for number in range(3):
        loss = model(x() * (1000 if number == bad else 1)).mean()
        loss.backward()
        total += loss.detach()
    found = run.examined(total, back=False)
    assert (found.phase, found.module) == ("forward", "1")


def test_a_micro_batch_that_is_no_longer_kept() -> None:
    model = mlp(Do(lambda x: x / (x.abs().max() < 50)))
    run = Program(model=model)
    losses = [model(x() * (1000 if number == 0 else 1)).mean() for number in range(9)]
    found = run.examined(torch.stack(losses).mean())
    assert not found.reproduced
    assert "5 earlier calls" in found.words


def test_a_second_backward_pass_through_the_same_graph() -> None:
    model = mlp(nn.Linear(WIDTH, WIDTH))
    with torch.no_grad():
        model[1].weight.fill_(1e3)  # type: ignore[index,union-attr,operator]
    run = Program(model=model)
    out = model(x())
    out.sum().backward(retain_graph=True)
    found = run.examined(((out - out.detach()) * 1e38).sum())
    assert (found.phase, found.module) == ("backward", "2")


def test_the_penalty_of_a_critic() -> None:
    """The gradient of a norm that is zero, in the backward of a backward."""
    critic = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 1))
    with torch.no_grad():
        critic[0].bias.fill_(-99)
    run = Program(critic=critic)
    mix = x().requires_grad_()
    (slope,) = torch.autograd.grad(critic(mix).sum(), mix, create_graph=True)
    found = run.examined(slope.square().sum(1).sqrt().sub(1).square().mean())
    assert (found.phase, found.module, found.reproduced) == ("backward", "", False)
    assert "gradients of gradients" in found.words


@dataclasses.dataclass
class Answer:
    logits: Tensor
    hidden: tuple[Tensor, ...] = ()
    note: str = ""


class Answering(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.body, self.head, self.kind = (
            nn.Linear(WIDTH, WIDTH),
            Do(lambda x: zero(x).sqrt()),
            kind,
        )

    def forward(self, **given: Any) -> Any:
        hidden = self.body(given["batch"]["x"])
        out = self.head(hidden)
        match self.kind:
            case "dataclass":
                return Answer(out, (hidden,))
            case "ordered":
                return OrderedDict(loss=out.mean(), logits=out)
            case "views":
                return out[:, :2], out[:, 2:].T
            case "object":
                return _Plain(out)
            case _:
                return [None, {"deep": (out, 3)}]


class _Plain:
    def __init__(self, out: Tensor) -> None:
        self.out = out


def first(thing: Any) -> Tensor:
    return tensors(thing)[0][1]


@pytest.mark.parametrize("kind", ["dataclass", "ordered", "views", "object", "list"])
def test_all_kinds_of_outputs(kind: str) -> None:
    model = Answering(kind)
    run = Program(model=model)
    found = run.examined(first(model(batch={"x": x()}, flag=True)).sum())
    assert (found.phase, found.module) == ("backward", "head")


def test_where_in_the_batch() -> None:
    model = Answering("list")
    run = Program(model=model)
    batch = x()
    batch[2] = torch.nan
    found = run.examined(first(model(batch={"x": batch})).sum())
    assert (found.phase, found.tensor) == ("data", "input batch.x")
    assert f"{WIDTH} of {4 * WIDTH}" in found.words


def test_the_loss_is_not_known() -> None:
    for fault, phase in (
        (lambda x: zero(x).log(), "forward"),
        (lambda x: zero(x).sqrt(), "backward"),
    ):
        model = mlp(Do(fault))
        run = Program(model=model)
        model(x()).sum().backward()
        assert run.examined(None).phase == phase


def test_a_healthy_step_is_called_so() -> None:
    model = mlp()
    run = Program(model=model)
    found = run.examined(model(x()).sum())
    assert not found.reproduced
    assert "finite" in found.words
    assert (found.phase, found.module) == ("backward", "")


def test_no_call_was_seen() -> None:
    found = Program(model=mlp()).examined(torch.tensor(float("nan")), back=False)
    assert not found.reproduced


def test_outputs_that_cannot_be_had_again() -> None:
    """The program's own state has moved on."""
    state = [0]

    def forward(x: Tensor) -> Tensor:
        state[0] += 1
        return x / (state[0] != 1)

    model = mlp(Do(forward))
    run = Program(model=model)
    out = model(x())
    found = run.examined(out.mean())
    assert not found.reproduced
    assert "once more" in found.words


class Counting(nn.Module):
    """Breaks at its third call."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.first, self.calls, self.kind = nn.Linear(WIDTH, WIDTH), 0, kind
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.steps += 1
        count = self.calls if self.kind == "attribute" else int(self.steps)
        return zero(self.first(x)).sqrt() if count == 3 else self.first(x)


@pytest.mark.parametrize("kind", ["attribute", "buffer"])
@pytest.mark.parametrize("later", [0, 2])
def test_counters_are_set_back(kind: str, later: int) -> None:
    model = mlp(Counting(kind))
    run = Program(model=model)
    for _ in range(2):
        model(x())
    run.call_recorder.forget()
    loss = sum((model(x()).sum() for _ in range(later + 1)), torch.zeros(()))
    found = run.examined(loss)
    assert (found.phase, found.module) == ("backward", "1")
    assert model[1].calls == later + 3  # type: ignore[index]


def test_what_is_sharded_is_left_alone() -> None:
    from tests.nan_trace.fsdp import FullyShardedDataParallel

    model = FullyShardedDataParallel(mlp())
    run = Program(model=model)
    found = run.examined(model(x()).sum() * torch.nan)
    assert not found.reproduced
    assert "sharded" in found.words


def test_distributed_by_one_process(tmp_path: Any) -> None:
    import torch.distributed as dist

    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        inner = mlp(Do(lambda x: zero(x).sqrt()))
        model = nn.parallel.DistributedDataParallel(inner)
        run = Program(model=model)
        found = run.examined(model(x()).sum())
        assert (found.phase, found.module) == ("backward", "1")

        class Talks(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                total = x.detach().clone()
                dist.all_reduce(total)
                return x / zero(total)

        talking = mlp(Talks())
        run = Program(model=talking)
        found = run.examined(talking(x()).sum())
        assert not found.reproduced
        assert "other processes" in found.words
        dist.barrier()
    finally:
        dist.destroy_process_group()


def test_ranges_are_true() -> None:
    model = nn.Sequential(nn.Linear(WIDTH, WIDTH), Gap(lambda x: zero(x).log()))
    run = Program(model=model)
    batch = x()
    found = run.examined(model(batch).sum())
    told = found.around[1]
    assert (told.path, told.kind) == ("0", "Linear")
    for span, tensor in (
        (told.inputs, batch),
        (told.outputs, model[0](batch)),
        (told.weights, torch.cat([p.flatten() for p in model[0].parameters()])),
    ):
        size = tensor.detach().abs()
        wanted = Span(float(size.min()), float(size.max()), 0, size.numel())
        assert span == pytest.approx(wanted, rel=1e-6)
    assert found.outputs is not None
    assert found.outputs.nonfinite > 0


def test_many_modules_are_cut_to_twenty_around_the_one() -> None:
    model = nn.Sequential(*[nn.Linear(WIDTH, WIDTH) for _ in range(60)])
    model.insert(40, Do(lambda x: zero(x).log()))
    run = Program(model=model)
    found = run.examined(model(x()).sum())
    assert len(found.around) == 20
    assert found.around[found.at].path == "40"
    assert [one.path for one in found.around[found.at - 2 : found.at]] == ["38", "39"]


def test_gradients_that_overflow_in_their_sum() -> None:
    class Split(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(WIDTH))

        def forward(self, x: Tensor) -> Tensor:
            return x * self.scale + x * self.scale

    model = nn.Sequential(Split())
    run = Program(model=model)
    out = model(torch.full((1, WIDTH), 0.9))
    found = run.examined(((out - out.detach()) * 3e38).sum())
    assert (found.phase, found.module, found.operation) == ("backward", "0", "sum")


def test_a_recurrent_net_that_explodes() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.RNN(WIDTH, WIDTH, nonlinearity="relu")
            self.head = nn.Linear(WIDTH, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.rnn(x)[0][-1])

    model = Net()
    with torch.no_grad():
        model.rnn.weight_hh_l0.fill_(50)
    run = Program(model=model)
    found = run.examined(F.mse_loss(model(torch.rand(40, 3, WIDTH)), torch.zeros(3, 2)))
    assert (found.phase, found.module) == ("forward", "rnn")


def test_a_deep_net_that_explodes_backward() -> None:
    model = nn.Sequential(*[nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(12)])
    with torch.no_grad():
        for one in model:
            one.weight.mul_(1e4)
    run = Program(model=model)
    found = run.examined((model(x() * 1e-30) * 1e-10).sum() * 1e20)
    assert found.phase == "backward"
    assert 0 <= int(found.module) < 12
