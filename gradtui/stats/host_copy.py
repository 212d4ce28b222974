"""The numbers of a step on their way to the host: one copy, and never a wait."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from gradtui.core.layout import FloatArray

Ticket = TypeVar("Ticket")
Step = tuple[Ticket, dict[str, FloatArray]]

RING = 8
"""Pinned buffers kept for reuse."""

_inherited: list[object] = []


def keep_inherited(*things: object) -> None:
    """In a forked child: these hold tensors, pinned memory or events of the parent's device, and are never
    freed. A child has no context on the device, and freeing them asks it for one: torch ends the process
    then, from a destructor."""
    _inherited.extend(things)


class Event(Protocol):
    """What torch.cuda.Event can do and is needed here."""

    def record(self) -> None: ...
    def query(self) -> bool: ...
    def synchronize(self) -> None: ...


class Transport(Protocol):
    """How numbers leave the device: memory to receive them, and events to know when."""

    def receive(self, numel: int) -> Tensor: ...
    def event(self) -> Event: ...


class CudaTransport:
    def receive(self, numel: int) -> Tensor:
        return torch.empty(numel, dtype=torch.float64, pin_memory=True)

    def event(self) -> Event:
        event: Event = torch.cuda.Event()  # type: ignore[no-untyped-call]
        return event


@dataclass(slots=True)
class _Slot:
    """Host memory [capacity] and the event that follows the copy into it."""

    host: Tensor
    event: Event


@dataclass(slots=True)
class _Sent(Generic[Ticket]):
    ticket: Ticket
    shapes: dict[str, torch.Size]
    slot: _Slot


class HostCopy(Generic[Ticket]):
    """Takes the named tensors of each step and hands them out on the host, in order.

    On a CPU they are handed out as they are; elsewhere they travel together as float64, in which
    counts and float32 stay exact. While the device is behind, steps wait in line and the line
    grows: nothing is dropped and nothing blocks.
    """

    def __init__(self, device: torch.device, transport: Transport | None = None) -> None:
        if transport is None and device.type == "cuda":
            transport = CudaTransport()
        self._transport = transport
        self._there: Callable[[], AbstractContextManager[Any]] = nullcontext
        """Has an event follow the stream that the copy goes through: that of the tensors' device, whatever
        the current one is."""
        if device.type == "cuda":
            self._there = lambda: torch.cuda.device(device)
        self._line: deque[_Sent[Ticket]] = deque()
        self._done: deque[Step[Ticket]] = deque()
        self._free: list[_Slot] = []

    def __len__(self) -> int:
        """Steps submitted and not yet handed out."""
        return len(self._line) + len(self._done)

    @torch.no_grad()
    def submit(self, ticket: Ticket, parts: Mapping[str, Tensor]) -> None:
        """Send a step off. `ticket` comes back with it; the tensors may be overwritten after."""
        if self._transport is None:
            self._done.append((ticket, {k: _array(t) for k, t in parts.items()}))
            return
        if not parts:
            self._line.append(_Sent(ticket, {}, self._slot(0)))
            return
        with self._there():
            flat = torch.cat([t.detach().reshape(-1).to(torch.float64) for t in parts.values()])
            slot = self._slot(len(flat))
            slot.host[: len(flat)].copy_(flat, non_blocking=True)
            slot.event.record()
        self._line.append(_Sent(ticket, {k: t.shape for k, t in parts.items()}, slot))

    def ready(self) -> Iterator[Step[Ticket]]:
        """Steps that have arrived, in order; never waits."""
        while self._done:
            yield self._done.popleft()
        while self._line and self._line[0].slot.event.query():
            yield self._unpack(self._line.popleft())

    def flush(self) -> Iterator[Step[Ticket]]:
        """All steps that are left, waiting for the device."""
        if self._line:
            self._line[-1].slot.event.synchronize()
        while self._done:
            yield self._done.popleft()
        while self._line:
            self._line[0].slot.event.synchronize()
            yield self._unpack(self._line.popleft())

    def _slot(self, numel: int) -> _Slot:
        """A free slot that is large enough, else a new one."""
        assert self._transport is not None
        for i, slot in enumerate(self._free):
            if len(slot.host) >= numel:
                return self._free.pop(i)
        return _Slot(self._transport.receive(numel), self._transport.event())

    def _unpack(self, sent: _Sent[Ticket]) -> Step[Ticket]:
        """Arrays of their own, so that the slot can be used again."""
        values = sent.slot.host.numpy()
        parts: dict[str, FloatArray] = {}
        at = 0
        for name, shape in sent.shapes.items():
            size = shape.numel()
            parts[name] = values[at : at + size].reshape(shape).copy()
            at += size
        if len(self._free) < RING:
            self._free.append(sent.slot)
        return sent.ticket, parts


def _array(tensor: Tensor) -> FloatArray:
    return np.array(tensor.detach().to("cpu", torch.float64).numpy())
