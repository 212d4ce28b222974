"""Gradients that are not plain dense float32 tensors, and what measuring must leave alone."""

import math
from collections import Counter

import pytest
import torch
from torch import Tensor

from gradtui.core.snapshot import Grad
from gradtui.stats.cpu_pass import THREADS_FROM
from gradtui.stats.histogram import histogram
from gradtui.stats.measure import clone, measure_gradients, measure_weights
from gradtui.stats.plan import Plan

LOOKS = (True, False)


def measure(*tensors: Tensor, like: list[Tensor] | None = None, look: bool = True) -> list[float]:
    rows = measure_gradients(Plan(like or list(tensors), look=look), tensors)
    return [float(v) for v in rows[0]]


@pytest.mark.parametrize("look", LOOKS)
def test_complex_is_measured_by_modulus(look: bool) -> None:
    grad = torch.tensor([3 + 4j, 0, 6j, -0.0], dtype=torch.complex64)
    assert measure(grad, look=look) == pytest.approx([math.sqrt(61), 6, 2, 0, 3])
    assert measure(grad.conj(), look=look) == measure(grad, look=look)
    assert measure(grad * 5e37, look=look)[0] == pytest.approx(5e37 * math.sqrt(61), rel=1e-6)
    lost = torch.tensor([complex(math.inf, math.nan), complex(0, math.inf), 1])
    row = measure(lost, look=look)
    assert math.isnan(row[Grad.ABS_MAX])
    assert row[Grad.NONFINITE] == 2
    huge = torch.tensor([complex(3e300, 4e300)], dtype=torch.complex128)
    assert measure(huge, look=look)[0] == pytest.approx(5e300)


@pytest.mark.parametrize("look", LOOKS)
def test_sparse_is_coalesced_and_counts_its_implicit_zeros(look: bool) -> None:
    place, twice = torch.tensor([[0, 0, 4]]), torch.tensor([[1.0], [2.0], [4.0]])
    grad = torch.sparse_coo_tensor(place, twice, (6, 1), check_invariants=True)
    for like in (None, [torch.zeros(6, 1)]):
        assert measure(grad, like=like, look=look) == [5.0, 4.0, 4.0, 0.0, 7.0]
    bins = histogram(Plan([torch.zeros(6, 1)], look=look), [grad])
    assert bins.sum() == 2
    empty = torch.sparse_coo_tensor(torch.empty(1, 0), torch.empty(0), (6,), check_invariants=True)
    assert measure(empty, look=look) == [0.0, 0.0, 6.0, 0.0, 0.0]


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
@pytest.mark.parametrize("look", LOOKS)
def test_compressed_rows(look: bool) -> None:
    grad = torch.tensor([[0.0, 3.0, 0.0], [4.0, 0.0, 0.0]]).to_sparse_csr()
    assert measure(grad, look=look) == [5.0, 4.0, 4.0, 0.0, 7.0]


class Shard(Tensor):
    """Behaves like a DTensor: the local part has another shape and may still be on its way."""

    def to_local(self) -> Tensor:
        return self.as_subclass(Tensor)[:2].as_subclass(OnItsWay)


class OnItsWay(Tensor):
    def trigger_wait(self) -> Tensor:
        return self.as_subclass(Tensor)


@pytest.mark.parametrize("look", LOOKS)
def test_of_a_sharded_tensor_the_local_part_is_measured(look: bool) -> None:
    grad = torch.tensor([3.0, 4.0, 100.0]).as_subclass(Shard)
    assert measure(grad, look=look) == [5.0, 4.0, 0.0, 0.0, 7.0]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("size", [8, 80])
def test_strides_do_not_matter(size: int, look: bool) -> None:
    base = torch.randn(4, size, size, 4, generator=torch.Generator().manual_seed(0))
    plain = measure(base, look=look)
    likes = [
        base.permute(0, 3, 1, 2),
        base.to(memory_format=torch.channels_last),
        torch.stack([base, base], -1)[..., 0],
        base.flip(2),
    ]
    for grad in likes:
        for like in (None, [grad.contiguous()]):
            assert measure(grad, like=like, look=look) == pytest.approx(plain, rel=1e-6, abs=1e-2)
    expanded = torch.tensor(2.0).expand(size, size)
    assert measure(expanded, look=look) == [2.0 * size, 2.0, 0.0, 0.0, 2.0 * size * size]
    assert measure(torch.tensor(-2.0), look=look) == [2.0, 2.0, 0.0, 0.0, -2.0]


@pytest.mark.parametrize("look", LOOKS)
def test_what_does_not_fit_the_plan_is_measured_all_the_same(look: bool) -> None:
    like = [torch.zeros(64, 64), torch.zeros(64)]
    for grad in (torch.ones(1, 64), torch.ones(300, 300), torch.full((64, 64), 1e-300).double()):
        plan = Plan(like, look=look)
        row = measure_gradients(plan, [grad, torch.ones(64)])
        assert row[0, Grad.SUM] == pytest.approx(grad.double().sum().item(), abs=0)
        assert row[1, Grad.NORM] == 8
    wide = torch.full((4,), 1e-300, dtype=torch.float64)
    assert measure(wide, like=[torch.zeros(4)], look=look)[0] == pytest.approx(2e-300, abs=0)
    mixed = [torch.ones(3), torch.ones(3).bfloat16(), torch.ones(3).double(), torch.ones(0)]
    norms = measure_gradients(Plan(mixed, look=look), mixed)[:, Grad.NORM].tolist()
    assert norms == pytest.approx([math.sqrt(3)] * 3 + [0])


def test_the_plan_forgets_one_step_before_the_next() -> None:
    like = [torch.ones(10, 500), torch.ones(3), torch.ones(70_000)]
    plan = Plan(like)
    first = measure_gradients(plan, like)
    kept = first.clone()
    measure_gradients(plan, [None, torch.full((3,), math.nan), like[2] * math.inf])
    measure_weights(plan, like, clone(plan, like))
    assert torch.equal(measure_gradients(plan, like), kept)
    assert torch.equal(first, kept)


def test_no_harm() -> None:
    grads = [torch.randn(40, 40), torch.randn(70_000), torch.randn(5).to_sparse()]
    leaf = torch.randn(6, requires_grad=True)
    state, copies = torch.get_rng_state(), [g.clone() for g in grads]
    versions = [g._version for g in grads]
    with torch.inference_mode():
        inner = torch.ones(6)
        plan = Plan([*grads, leaf])
        measure_gradients(plan, [*grads, inner])
    for _ in range(2):
        out = measure_gradients(plan, [*grads, leaf * 2])
        weights = measure_weights(plan, [*grads, leaf], clone(plan, [*grads, leaf]))
        bins = histogram(plan, [*grads, leaf])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(measure_gradients(plan, [*grads, leaf * 2]), out)
    assert not any(t.requires_grad for t in (out, weights, bins))
    assert leaf.grad is None
    assert torch.equal(torch.get_rng_state(), state)
    assert [g._version for g in grads] == versions
    for grad, copy in zip(grads, copies, strict=True):
        assert torch.equal(grad.to_dense(), copy.to_dense())


def test_deterministic_algorithms_are_no_obstacle() -> None:
    grads = [torch.randn(40, 40), torch.randn(70_000)]
    torch.set_deterministic_debug_mode("error")
    try:
        for look in LOOKS:
            measure_gradients(Plan(grads, look=look), grads)
            histogram(Plan(grads, look=look), grads)
    finally:
        torch.set_deterministic_debug_mode("default")


@pytest.mark.parametrize("size", [16, 64, 65, 200, 300])
def test_no_operation_on_a_cpu_is_large_enough_to_start_threads(size: int) -> None:
    tensors = [torch.randn(size, size) for _ in range(9)] + [torch.randn(size) for _ in range(9)]
    (one,) = Plan(tensors).passes(tuple(range(18)))
    seen = [(owners.tolist(), matrix) for owners, matrix in one.matrices(tensors)]
    assert max(matrix.numel() for _, matrix in seen) < THREADS_FROM
    counts = Counter[int]()
    for owners, matrix in seen:
        counts.update(dict.fromkeys(owners, matrix.shape[1]))
    assert counts == {i: tensor.numel() for i, tensor in enumerate(tensors)}
