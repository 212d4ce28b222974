"""Put on and taken off in the middle of a training, by a thread, within one process."""

import gc
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import optimizer as module

import gradtui
from gradtui.inject.attached_watch import AttachedWatch
from gradtui.inject.attachment import Attachment, obstacle
from gradtui.instrument.optimizer_numbers import steps_before
from gradtui.patching.enclosure import enclosed
from gradtui.runstore.format.attach_json import (
    DETACHED,
    REFUSED,
    WAITING,
    AttachAnswer,
    read_answer,
    write_answer,
)
from gradtui.runstore.ranks.process_status import read_ranks
from gradtui.runstore.reader.open_run import open_run
from tests.programs.on_and_on import train

HOOKS = (module._global_optimizer_pre_hooks, module._global_optimizer_post_hooks)


class Attached(threading.Thread):
    """Attaches while the main thread trains, and lets go once some steps were taken."""

    def __init__(self, place: Path) -> None:
        super().__init__()
        place.mkdir()
        write_answer(place, AttachAnswer(WAITING))
        self.place, self.attachment = place, Attachment(place)
        self.begun: int | None = None
        self.steps, self.over, self.leave = 0, False, False

    def run(self) -> None:
        try:
            if self.attachment.begin(time.time() + 20.0):
                self.begun = self.steps
                while not self.leave:
                    time.sleep(0.001)
                self.attachment.end()
        finally:
            self.over = True

    def more(self, step: int) -> bool:
        """Whether another step is to be taken: some before, meanwhile and after."""
        self.steps = step
        if step == 5:
            self.start()
        if self.begun is not None and step > self.begun + 20:
            self.leave = True
        return not self.over or step < 30


def codes() -> list[Any]:
    functions: list[Any] = [torch.autograd.backward, nn.Module.__init__, nn.Module.__call__]
    return [function.__code__ for function in functions]


def test_hooks_come_and_go_and_no_bit_changes(tmp_path: Path) -> None:
    gc.collect()  # other tests' optimizers would count
    before, attached = codes(), Attached(tmp_path / "run")
    told = train(attached.more)
    attached.join()
    assert attached.begun is not None
    assert told == train(lambda step: step < told["steps"])
    assert [dict(hooks) for hooks in HOOKS] == [{}, {}]
    assert enclosed() == []
    assert codes() == before
    answer = read_answer(tmp_path / "run")
    assert answer is not None
    assert answer.state == DETACHED
    run = open_run(tmp_path / "run")
    assert 20 <= len(run.loss) < told["steps"] - 5
    assert torch.tensor(run.loss).isfinite().all()


def test_the_run_says_that_it_begins_in_the_middle(tmp_path: Path) -> None:
    net = nn.Linear(3, 1)
    optimizer = torch.optim.Adam(net.parameters())

    def step() -> None:
        optimizer.zero_grad()
        net(torch.ones(4, 3)).square().mean().backward()
        optimizer.step()

    for _ in range(7):
        step()
    (tmp_path / "run").mkdir()
    watch = AttachedWatch(lambda: tmp_path / "run")
    step()  # nothing is on yet
    net(torch.ones(4, 3)).square().mean().backward()
    begun = watch.begin()
    assert begun >= 8  # of all optimizers that this process has
    optimizer.step()  # of which the backward pass was not seen
    for _ in range(3):
        step()
    watch.close()
    assert len(open_run(tmp_path / "run").loss) == 3
    info = read_ranks(tmp_path / "run")[0].header.generations[-1].info
    assert info.attached == begun
    assert info.carried == ()
    assert info.not_plain


def test_one_of_several_processes_has_a_run_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    watch = AttachedWatch(lambda: tmp_path / "run")
    watch.begin()
    net(torch.ones(4, 3)).square().mean().backward()
    optimizer.step()
    watch.close()
    header = read_ranks(tmp_path / "run")[0].header
    assert (header.rank, header.world_size) == (0, 1)
    assert header.generations[-1].info.title.endswith(" (rank 1 of 2)")


def test_optimizers_count_their_steps_themselves() -> None:
    weights = [nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))]
    counting = torch.optim.Adam(weights)
    silent = torch.optim.SGD(weights, lr=0.1, momentum=0.9)
    assert steps_before([]) == -1
    assert steps_before([counting]) == -1  # not begun, or of a kind that keeps nothing
    for one in weights:
        one.grad = torch.ones(2)
    for _ in range(3):
        counting.step()
    again = torch.optim.Adam(weights)
    again.step()
    assert steps_before([counting, again]) == 4
    assert steps_before([counting, counting]) == 3
    silent.step()
    assert steps_before([counting, silent]) == -1


def test_what_records_itself_is_refused(tmp_path: Path) -> None:
    with gradtui.watch(directory=tmp_path / "own"):
        assert "records itself already" in obstacle()
        attached = Attached(tmp_path / "run")
        assert not attached.attachment.begin(time.time() + 5.0)
    answer = read_answer(tmp_path / "run")
    assert answer is not None
    assert answer.state == REFUSED
    assert "by gradtui.watch" in answer.why
    assert obstacle() == ""


def test_torch_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "__version__", "2.5.1+cu124")
    assert obstacle() == "it runs torch 2.5.1+cu124, and gradtui needs 2.6 or later"


def test_nothing_begins_once_nobody_waits_for_it(tmp_path: Path) -> None:
    attached = Attached(tmp_path / "run")
    (tmp_path / "run" / "attach.json").unlink()
    assert not attached.attachment.begin(time.time() + 5.0)
    assert enclosed() == []


def test_of_two_that_are_attached_at_once_one_is_refused(tmp_path: Path) -> None:
    one, two = Attached(tmp_path / "one"), Attached(tmp_path / "two")
    two.attachment.watch = AttachedWatch(lambda: tmp_path / "two")  # prepared, and late
    in_a_thread(lambda: one.attachment.begin(time.time() + 20.0))
    with pytest.raises(InterruptedError, match="already"):
        two.attachment._put_on()
    in_a_thread(one.attachment.end)
    assert enclosed() == []


def in_a_thread(call: Callable[[], object]) -> None:
    """While the main thread runs Python code."""
    thread = threading.Thread(target=call)
    thread.start()
    while thread.is_alive():
        time.sleep(0.001)


def test_what_cannot_be_put_on_is_taken_off_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object) -> int:
        raise ValueError("no")

    attached = Attached(tmp_path / "run")
    monkeypatch.setattr("gradtui.instrument.optimizer_hooks.OptimizerHooks.install", broken)
    in_a_thread(lambda: attached.attachment.begin(time.time() + 20.0))
    answer = read_answer(tmp_path / "run")
    assert answer is not None
    assert answer.state == REFUSED
    assert "hooks could not be put on" in answer.why
    assert enclosed() == []
