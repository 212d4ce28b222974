"""Calls of ours inside functions of torch: what they see, and that nobody else sees them."""

import inspect
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import torch
from torch import nn

from gradtui.instrument.manual_updates import WANTED
from gradtui.patching import enclosure as module
from gradtui.patching.enclosure import Enclosure, enclosing, enclosure, innermost


class Told:
    """Keeps what it is told, in order."""

    def __init__(self, *, interested: bool = True, instead: Any = None) -> None:
        self.seen: list[Any] = []
        self.interested, self.instead = interested, instead

    def begin(self, *given: Any) -> Any:
        self.seen.append(("begin", given))
        return "token" if self.interested else None

    def again(self, token: Any, value: Any) -> Any:
        return value if self.instead is None else self.instead

    def over(self, token: Any, out: Any) -> None:
        self.seen.append(("over", out))

    def raised(self, token: Any) -> None:
        self.seen.append(("raised", token))


@pytest.fixture
def listen() -> Iterator[Callable[..., Enclosure]]:
    """Has somebody listen until the test is over."""
    done = []

    def start(owner: Any, name: str, wanted: tuple[str, ...], told: Told, **more: str) -> Enclosure:
        found = enclosure(owner, name, wanted, **more)
        assert found is not None
        found.listen(told)
        done.append((found, told))
        return found

    yield start
    for found, told in done:
        found.leave(told)


GIVEN = ("tensors", "grad_tensors", "retain_graph", "create_graph")
PLACES: list[tuple[Any, str, tuple[str, ...]]] = [
    (nn.Module, "__call__", ("self", "args", "kwargs")),
    (nn.Module, "__init__", ("self",)),
    (torch.optim.Optimizer, "__init__", ("self",)),
    (torch.autograd, "backward", GIVEN),
    (torch.amp.GradScaler, "step", ("self", "optimizer")),
    (torch.amp.GradScaler, "scale", ("self", "outputs")),
    (torch.cuda.graphs, "make_graphed_callables", ()),
]


@pytest.mark.parametrize(("owner", "name", "wanted"), PLACES, ids=lambda one: str(one)[:40])
def test_what_we_look_at_needs_no_wrapper(owner: Any, name: str, wanted: tuple[str, ...]) -> None:
    function = vars(owner)[name]
    before, text = innermost(function).__code__, inspect.getsource(function)
    found = enclosure(owner, name, wanted)
    assert found is not None
    assert found.in_place
    told = Told()
    found.listen(told)
    try:
        code = innermost(function).__code__
        assert code is not before
        assert vars(owner)[name] is function
        assert inspect.getsource(function) == text
        for word in ("co_filename", "co_firstlineno", "co_name", "co_qualname", "co_freevars"):
            assert getattr(code, word) == getattr(before, word)
    finally:
        found.leave(told)
    assert innermost(function).__code__ is before


def test_a_call_is_told_before_and_after(listen: Callable[..., Enclosure]) -> None:
    net, told = nn.Linear(3, 2), Told()
    listen(nn.Module, "__call__", ("self", "args", "kwargs"), told)
    x = torch.ones(1, 3)
    out = net(input=x)
    assert [word for word, _ in told.seen] == ["begin", "over"]
    assert told.seen[0][1] == (net, (), {"input": x})
    assert told.seen[1][1] is out


def test_who_is_not_interested_is_not_told_of_the_end(listen: Callable[..., Enclosure]) -> None:
    told = Told(interested=False)
    listen(nn.Module, "__call__", ("self", "args", "kwargs"), told)
    nn.Linear(3, 2)(torch.ones(1, 3))
    assert [word for word, _ in told.seen] == ["begin"]


def stack() -> list[str]:
    frame: FrameType | None = sys._getframe(1)
    names = []
    while frame is not None and frame.f_code.co_name != "traced":
        names.append(f"{frame.f_code.co_name}:{frame.f_lineno}")
        frame = frame.f_back
    return names


class Looking(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.stack = stack()
        if x.numel() == 1:
            raise ValueError("too small")
        return x * 2


def traced() -> tuple[list[str], list[str], list[str]]:
    """The stack within a call and within a backward pass, and the lines of a traceback."""
    net = Looking()
    seen: list[str] = []
    out = net(torch.ones(2, requires_grad=True))
    out.register_hook(lambda grad: seen.extend(stack()))  # type: ignore[no-untyped-call]
    out.sum().backward()
    try:
        net(torch.ones(1))
    except ValueError as error:
        return net.stack, seen, traceback.format_exception(error)[1:]
    raise AssertionError


def test_stacks_and_tracebacks_are_the_same(listen: Callable[..., Enclosure]) -> None:
    bare = traced()
    calls, passes = Told(), Told()
    listen(nn.Module, "__call__", ("self", "args", "kwargs"), calls)
    listen(torch.autograd, "backward", GIVEN, passes)
    assert traced() == bare
    assert [word for word, _ in calls.seen] == ["begin", "over", "begin", "raised"]
    assert [word for word, _ in passes.seen] == ["begin", "over"]


def test_who_comes_first_is_innermost_and_who_leaves_is_not_told(
    listen: Callable[..., Enclosure],
) -> None:
    order: list[str] = []

    class Named(Told):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def begin(self, *given: Any) -> Any:
            order.append(f"{self.name} begins")
            return super().begin(*given)

        def over(self, token: Any, out: Any) -> None:
            order.append(f"{self.name} is over")

    one, two = Named("one"), Named("two")
    found = listen(nn.Module, "__call__", ("self", "args", "kwargs"), one)
    assert listen(nn.Module, "__call__", ("self", "args", "kwargs"), two) is found
    nn.Identity()(1)
    assert order == ["two begins", "one begins", "one is over", "two is over"]
    found.leave(one)
    nn.Identity()(1)
    assert order[4:] == ["two begins", "two is over"]


def test_what_a_listener_calls_is_nobodys_call(listen: Callable[..., Enclosure]) -> None:
    class Calling(Told):
        def begin(self, *given: Any) -> Any:
            nn.Identity()(1)
            return super().begin(*given)

    told = Calling()
    listen(nn.Module, "__call__", ("self", "args", "kwargs"), told)
    nn.Identity()(2)
    assert [given[1] for word, given in told.seen if word == "begin"] == [(2,)]


def test_an_interrupt_in_a_listener_reaches_the_program_without_our_frames(
    listen: Callable[..., Enclosure],
) -> None:
    class Interrupted(Told):
        def begin(self, *given: Any) -> Any:
            raise KeyboardInterrupt

    listen(nn.Module, "__call__", ("self", "args", "kwargs"), Interrupted())
    with pytest.raises(KeyboardInterrupt) as caught:
        nn.Identity()(1)
    trace = traceback.extract_tb(caught.value.__traceback__)
    assert [entry.name for entry in trace][1:] == ["_wrapped_call_impl", "begin"]
    assert all(Path(entry.filename).name != "enclosure.py" for entry in trace)


def test_an_argument_can_be_another_one(listen: Callable[..., Enclosure]) -> None:
    w = torch.ones(2, requires_grad=True)
    told = Told(instead=[w])
    listen(torch.autograd, "grad", WANTED, told, replaced="inputs")  # as whoever was first
    with pytest.raises(ValueError, match="is enclosed with"):
        enclosure(torch.autograd, "grad", ("outputs",))
    (found,) = torch.autograd.grad((w * 3).sum(), (one for one in ()))
    assert found.tolist() == [3.0, 3.0]


SOURCE = '''
import torch
def double(x, *rest, times=2, **more):
    """Says twice."""
    if x is None:
        raise ValueError("nothing")
    if rest:
        return [x * times, *rest]
    def inner():
        return x * times
    more["seen"] = inner()
'''


def made(source: str, name: str, file: str) -> types.ModuleType:
    found = types.ModuleType("torch.made")
    exec(compile(source, file, "exec"), vars(found))
    return found


@pytest.mark.parametrize("there", [True, False])
def test_where_the_source_is_not_there_a_wrapper_has_to_do(
    tmp_path: Any, listen: Callable[..., Enclosure], there: bool
) -> None:
    path = tmp_path / "made.py"
    if there:
        path.write_text(SOURCE)
    holder = made(SOURCE, "double", str(path))
    elsewhere = types.ModuleType("elsewhere")
    original = elsewhere.by_name = holder.double  # type: ignore[attr-defined]
    sys.modules["elsewhere"] = elsewhere
    try:
        told = Told()
        found = listen(holder, "double", ("x", "rest", "times", "more"), told)
        assert found.in_place is there
        assert holder.double(3, 4, times=5) == [15, 4]
        assert elsewhere.by_name(2, seen=0) is None  # type: ignore[attr-defined]
        with pytest.raises(ValueError, match="nothing") as caught:
            holder.double(None)
        assert [entry.name for entry in caught.traceback][1:] == ["double"]
        assert told.seen == [
            ("begin", (3, (4,), 5, {})),
            ("over", [15, 4]),
            ("begin", (2, (), 2, {"seen": 4} if there else {"seen": 0})),
            ("over", None),
            ("begin", (None, (), 2, {})),
            ("raised", "token"),
        ]
        found.leave(told)
        assert holder.double is elsewhere.by_name is original  # type: ignore[attr-defined]
        assert holder.double(1, 1) == [2, 1]
        assert len(told.seen) == 6
    finally:
        del sys.modules["elsewhere"]


def test_a_wrapper_gives_way_to_who_replaces_it(listen: Callable[..., Enclosure]) -> None:
    holder = made(SOURCE, "double", "nowhere")
    told = Told()
    found = listen(holder, "double", ("x",), told, replaced="x")
    told.instead = 7
    assert holder.double(1, 0) == [14, 0]
    assert holder.double(x=1) is None
    theirs = holder.double = lambda *args: None  # type: ignore[attr-defined]
    found.leave(told)
    assert holder.double is theirs


def test_another_source_is_not_taken_for_it(tmp_path: Any) -> None:
    """A file that was edited since it was imported."""
    path = tmp_path / "made.py"
    path.write_text(SOURCE.replace("x * times", "x + times"))
    assert enclosing(made(SOURCE, "double", str(path)).double, ("x",), Told()) is None
    path.write_text(SOURCE)
    assert enclosing(made(SOURCE, "double", str(path)).double, ("x",), Told()) is not None
    assert enclosing(made(SOURCE, "double", str(path)).double, ("y",), Told()) is None
    assert enclosing(len, (), Told()) is None


def test_what_a_program_has_put_there_is_looked_through_as_far_as_it_says(
    monkeypatch: pytest.MonkeyPatch, listen: Callable[..., Enclosure]
) -> None:
    import functools

    original = torch.autograd.backward

    @functools.wraps(original)
    def theirs(*args: Any, **kwargs: Any) -> None:
        original(*args, **kwargs)

    monkeypatch.setattr(torch.autograd, "backward", theirs)
    told = Told()
    assert listen(torch.autograd, "backward", GIVEN, told).in_place
    assert torch.autograd.backward is theirs
    torch.ones(1, requires_grad=True).sum().backward()  # type: ignore[no-untyped-call]
    assert [word for word, _ in told.seen] == ["begin", "over"]


def test_nothing_is_left_in_the_cache_of_lines() -> None:
    import linecache

    before = set(linecache.cache)
    module._source(nn.Module.__call__.__code__)
    assert set(linecache.cache) == before
