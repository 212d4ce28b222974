"""What is kept of a step, and that nobody notices."""

import copy
import io
import pickle
from collections.abc import Iterator

import pytest
import torch
from torch import nn

from gradtui.nan_trace.call_recorder import COMPILED, LEARNING, CallRecorder
from gradtui.nan_trace.watched_calls import KEPT

PLAIN = nn.Module.__call__.__code__


class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.b(self.a(x))


@pytest.fixture
def call_recorder() -> Iterator[CallRecorder]:
    call_recorder = CallRecorder()
    yield call_recorder
    call_recorder.close()


def words(call_recorder: CallRecorder) -> list[str]:
    return [call.word for call in call_recorder.calls()]


def test_the_outermost_calls_are_kept_in_order(call_recorder: CallRecorder) -> None:
    one, two = Two(), Two()
    call_recorder.watch([("one", one), ("two", two)])
    x = torch.ones(2, 3)
    two(one(x))
    one.b(x)
    assert words(call_recorder) == ["one", "two", "one.b"]
    call_recorder.over()
    assert words(call_recorder) == ["one", "two", "one.b"]  # a second optimizer may want them
    two(x)
    assert words(call_recorder) == ["two"]
    call_recorder.forget()
    assert words(call_recorder) == []


def test_after_some_steps_only_those_are_watched_that_the_program_calls(
    call_recorder: CallRecorder,
) -> None:
    model = Two()
    call_recorder.watch([("", model)])
    for _ in range(LEARNING + 1):
        model(torch.ones(2, 3)).sum().backward()
        assert words(call_recorder) == [""]
        call_recorder.over()
    assert call_recorder.root(model) is not None
    assert call_recorder.root(model.a) is None
    assert nn.Module.__call__.__code__ is not PLAIN
    call_recorder.close()
    assert call_recorder.root(model) is None
    assert nn.Module.__call__.__code__ is PLAIN


def test_who_calls_parts_is_seen_as_well(call_recorder: CallRecorder) -> None:
    """A LightningModule's own forward may never be called."""
    model = Two()
    call_recorder.watch([("", model)])
    for _ in range(LEARNING + 2):
        model.b(model.a(torch.ones(2, 3))).sum().backward()
        assert words(call_recorder) == ["a", "b"]
        call_recorder.over()
    assert call_recorder.root(model) is None


def test_what_begins_later_is_seen_later(call_recorder: CallRecorder) -> None:
    model = Two()
    call_recorder.watch([("", model)])
    for _ in range(LEARNING + 2):
        model.a(torch.ones(2, 3))
        call_recorder.over()
    for _ in range(2):
        model.b(torch.ones(2, 3))
        call_recorder.over()
    model.b(torch.ones(2, 3))
    assert words(call_recorder) == ["b"]


def test_calls_without_gradient_are_not_kept(call_recorder: CallRecorder) -> None:
    model = Two()
    call_recorder.watch([("", model)])
    with torch.no_grad():
        model(torch.ones(2, 3))
    with torch.inference_mode():
        model(torch.ones(2, 3))
    assert words(call_recorder) == []


def test_the_last_calls_of_many_are_kept(call_recorder: CallRecorder) -> None:
    model = Two()
    call_recorder.watch([("", model)])
    for number in range(KEPT + 3):
        model(torch.full((2, 3), float(number)))
    assert [int(call.args[0][0, 0]) for call in call_recorder.calls()] == list(range(3, KEPT + 3))


def test_an_error_of_the_model_passes_through(call_recorder: CallRecorder) -> None:
    model = Two()
    call_recorder.watch([("", model)])
    with pytest.raises(RuntimeError):
        model(torch.ones(2, 5))
    model(torch.ones(2, 3))
    assert words(call_recorder) == ["", ""]


def test_copies_and_pickles_know_nothing_of_it(call_recorder: CallRecorder) -> None:
    model = Two()
    before = sorted(vars(model))
    call_recorder.watch([("", model)])
    for other in (copy.deepcopy(model), copy.copy(model), pickle.loads(pickle.dumps(model))):
        assert sorted(vars(other)) == sorted(vars(model)) == before
        other(torch.ones(2, 3))
    file = io.BytesIO()
    torch.save(model, file)
    torch.save(model(torch.ones(2, 3)), file)
    assert words(call_recorder)[-1] == ""


class Own(Two):
    """Keeps its own account of what is to be pickled."""

    def __getstate__(self) -> dict[str, object]:
        return vars(self).copy()


def test_modules_that_pickle_themselves(call_recorder: CallRecorder) -> None:
    model = Own()
    call_recorder.watch([("", model)])
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert COMPILED not in vars(other)
        other(torch.ones(2, 3))
    assert words(call_recorder) == []


def test_what_has_no_part_in_a_loss_is_let_go(call_recorder: CallRecorder) -> None:
    metric, loss = nn.Identity(), nn.MSELoss()
    call_recorder.watch([("metric", metric), ("loss", loss)])
    out = torch.ones(2, 3, requires_grad=True) * 2
    metric(out.detach())
    loss(out, torch.zeros(2, 3))
    assert words(call_recorder) == ["loss"]


def test_mapped_and_traced_calls_are_not_kept(call_recorder: CallRecorder) -> None:
    model = Two()
    call_recorder.watch([("", model)])
    torch.func.vmap(model)(torch.ones(5, 2, 3))
    torch.func.grad(lambda x: model(x).sum())(torch.ones(2, 3))
    torch.export.export(model, (torch.ones(2, 3),))
    assert words(call_recorder) == []


def test_a_copy_of_all_attributes_runs_its_own_weights(call_recorder: CallRecorder) -> None:
    """As replicas of DataParallel are made."""
    model = Two()
    call_recorder.watch([("", model)])
    other = model._replicate_for_data_parallel()
    other._modules = {"a": nn.Identity(), "b": nn.Identity()}
    x = torch.ones(2, 3)
    assert torch.equal(other(x), x)
    assert words(call_recorder) == []


def test_scripting_and_tracing_go_on(call_recorder: CallRecorder) -> None:
    import warnings

    model = Two()
    call_recorder.watch([("", model)])
    x = torch.ones(2, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for other in (torch.jit.script(model), torch.jit.trace(model, x)):
            assert torch.equal(other(x), model(x))
        torch.fx.symbolic_trace(model)


@pytest.mark.parametrize("whole", [True, False])
def test_compiled_programs_are_not_broken_up(call_recorder: CallRecorder, whole: bool) -> None:
    import warnings

    torch._dynamo.reset()
    frames: list[int] = []

    def backend(graph: torch.fx.GraphModule, inputs: object) -> object:
        frames.append(1)
        return graph.forward

    model = Two()
    call_recorder.watch([("", model)])
    x = torch.ones(2, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if whole:
            run = torch.compile(model, backend=backend, fullgraph=True)
        else:
            run = torch.compile(lambda x: model(x) * 2, backend=backend, fullgraph=True)
        for _ in range(LEARNING + 3):
            run(x).sum().backward()
            call_recorder.over()
    assert len(frames) == 1


def test_a_model_compiled_in_place_is_put_back(call_recorder: CallRecorder) -> None:
    import warnings

    model = Two()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.compile(backend="eager")
        compiled = vars(model)[COMPILED]
        call_recorder.watch([("", model)])
        model(torch.ones(2, 3))
    assert words(call_recorder) == [""]
    call_recorder.close()
    assert vars(model)[COMPILED] is compiled


def test_random_draws_are_found_out(call_recorder: CallRecorder) -> None:
    import random

    class Draws(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * random.random()

    model = Draws()
    call_recorder.watch([("", model)])
    for _ in range(4):
        model(torch.ones(2, requires_grad=True))
    last = call_recorder.calls()[-1].stamp
    assert last.python is not None
    assert last.numpy is None
