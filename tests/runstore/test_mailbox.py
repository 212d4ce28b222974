"""The mailbox never blocks, counts what it drops, and never drops an event."""

import threading
from collections import deque

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gradtui.core.event import Resumed
from gradtui.core.snapshot import Snapshot
from gradtui.runstore.writer.mailbox import Mailbox


def snap(step: int) -> Snapshot:
    return Snapshot(run=1, step=step, loss=0.0, grads=np.zeros((1, 5)))


@given(st.lists(st.one_of(st.just("poll"), st.integers(1, 9)), max_size=30), st.integers(1, 6))
def test_against_a_plain_model(actions: list[str | int], capacity: int) -> None:
    """Whatever the order of putting and polling: the newest survive, drops add up exactly."""
    box, model = Mailbox(capacity), deque[int](maxlen=capacity)
    put, got = 0, 0
    for action in [*actions, "poll"]:
        if isinstance(action, int):
            for _ in range(action):
                box.put(snap(put))
                model.append(put)
                put += 1
            continue
        delivery = box.poll()
        assert [s.step for s in delivery.snapshots] == list(model)
        got += len(model)
        model.clear()
        assert delivery.dropped == put - got


def test_events_outlive_any_flood_of_snapshots() -> None:
    box = Mailbox(2)
    for step in range(1000):
        box.put(snap(step))
        box.tell(Resumed(step))
    delivery = box.poll()
    assert len(delivery.events) == 1000
    assert [s.step for s in delivery.snapshots] == [998, 999]
    assert delivery.dropped == 998


def test_a_writer_thread_and_a_reader_lose_nothing_uncounted() -> None:
    box, total = Mailbox(64), 20_000
    writer = threading.Thread(target=lambda: [box.put(snap(i)) for i in range(total)])
    writer.start()
    steps: list[int] = []
    while writer.is_alive():
        steps += [s.step for s in box.poll().snapshots]
    last = box.poll()
    steps += [s.step for s in last.snapshots]
    assert steps == sorted(set(steps))
    assert len(steps) + last.dropped == total
