"""One pass over all tensors of a GPU, on a CPU: see `gpu_double`. The kernels that a GPU runs are the ones
that Triton's interpreter runs here, where Triton is installed."""

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from torch import Tensor

from gradtui.core.snapshot import Grad
from gradtui.stats import gpu_trial, plan
from gradtui.stats.gpu_pass import STREAMS, GpuPass, is_dense
from gradtui.stats.gpu_trial import agrees
from gradtui.stats.histogram import histogram
from gradtui.stats.measure import clone, measure_gradients, measure_norms, measure_weights
from gradtui.stats.plan import Plan
from gradtui.stats.quick_norms import QuickNorms
from tests.stats.gpu_double import CpuGpu, by_numpy, interpreted
from tests.stats.test_measure import agrees as agrees_with_reference
from tests.stats.test_measure import number, tensors, unwell

CPU = torch.device("cpu")
# The interpreter is numpy, which warns of what a kernel may do: infinity less infinity.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.fixture(scope="module", params=["numpy", "triton"])
def kernels(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "numpy":
        yield by_numpy()
        return
    with interpreted() as found:
        yield found or pytest.skip("triton is not installed")


@pytest.fixture
def gpu(kernels: Any, monkeypatch: pytest.MonkeyPatch) -> CpuGpu:
    """Plans that do not look find a GPU with kernels."""
    found = CpuGpu(kernels)
    monkeypatch.setattr(plan, "gpu_for", lambda device, wide: found)
    return found


def planned(some: list[Tensor]) -> Plan:
    return Plan(some, look=False)


def compare(grads: list[Tensor]) -> None:
    before = [g.clone() for g in grads]
    on_gpu = planned(grads)
    assert sum(len(one.members) for one in on_gpu.gpus) == sum(map(bool, map(Tensor.numel, grads)))
    rows = measure_gradients(on_gpu, grads)
    for row, grad, copy in zip(rows, grads, before, strict=True):
        agrees_with_reference(row, grad, 1e-13 if grad.dtype == torch.float64 else 1e-6)
        assert torch.equal(grad.nan_to_num(0), copy.nan_to_num(0))
    assert torch.equal(histogram(on_gpu, grads), histogram(Plan(grads), grads))


@settings(max_examples=40, deadline=None)
@given(grads=tensors(number) | tensors(unwell))
def test_any_numbers_match_the_reference(grads: list[Tensor]) -> None:
    """By numpy alone: interpreted, this would take an hour."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "gpu_for", lambda device, wide: CpuGpu(by_numpy()))
        compare(grads)


FLOAT32 = (1e-45, 1e-42, 1e-30, 1e-19, 1e-10, 1.0, 1e10, 4.5e15, 1e20, 1e37, 3.4e38)
FLOAT64 = (5e-324, 1e-310, 1e-200, 1e-155, 1e-20, 1.0, 1e146, 1e200, 1e306)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_norms_are_exact_from_the_smallest_to_the_largest_number(
    gpu: CpuGpu, dtype: torch.dtype
) -> None:
    """One size in a tensor, and neighbouring ones side by side, where different sums meet."""
    sizes = [*(FLOAT64 if dtype == torch.float64 else FLOAT32), 0.0, math.inf, -math.inf, math.nan]
    steps = torch.arange(1, 41, dtype=torch.float64) / 40
    steps[::3] *= -1
    alone = [(steps * size).to(dtype) for size in sizes]
    compare([*alone, *(torch.cat(pair) for pair in pairwise(alone))])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_long_ones_are_read_to_their_last_element(gpu: CpuGpu, dtype: torch.dtype) -> None:
    sizes = (1, 999, 1000, 1001, 16_384, 16_385, 40_000)
    grads = [torch.randn(size).to(dtype) for size in sizes]
    for grad in grads:
        grad[-1] = 100.0
    rows = measure_gradients(planned(grads), grads)
    for row, grad in zip(rows, grads, strict=True):
        agrees_with_reference(row, grad, 1e-13 if dtype == torch.float64 else 1e-6)


def test_missing_ones_and_such_as_do_not_fit(gpu: CpuGpu) -> None:
    """Sparse, complex, of another type than planned, another shape, and with gaps: by the general way."""
    made = [torch.randn(5, 7) for _ in range(8)]
    on_gpu = planned([*made[:6], torch.randn(3, dtype=torch.complex64), made[7]])
    grads: list[Tensor | None] = [
        made[0], None, made[2].to_sparse(), made[3].double(), torch.randn(2, 3),
        torch.randn(5, 14)[:, ::2], torch.randn(3, dtype=torch.complex64), made[7].t().clone().t(),
    ]  # fmt: skip
    assert [len(one.members) for one in on_gpu.gpus] == [7]
    there = [grad for grad in grads if grad is not None]
    wanted = measure_gradients(Plan(there), there)
    found = measure_gradients(on_gpu, grads)
    assert found[1].isnan().all()
    np.testing.assert_allclose(found[[0, 2, 3, 4, 5, 6, 7]], wanted, rtol=1e-5, atol=1e-5)
    assert not histogram(on_gpu, grads)[1].any()
    assert torch.equal(
        histogram(on_gpu, grads)[[0, 2, 3, 4, 5, 6, 7]], histogram(Plan(there), there)
    )
    norms = measure_norms(on_gpu, grads)
    np.testing.assert_allclose(norms[:, Grad.NORM], found[:, Grad.NORM], rtol=1e-6)


def test_norms_alone_leave_nothing_out_as_all_cost_the_same(gpu: CpuGpu) -> None:
    grads = [torch.randn(40), torch.randn(3, 3), torch.randn(2).double()]
    on_gpu = planned(grads)
    assert torch.equal(measure_norms(on_gpu, grads), measure_gradients(on_gpu, grads))


def test_updates_are_those_of_all_elements_or_estimated(gpu: CpuGpu) -> None:
    torch.manual_seed(0)
    weights = [torch.randn(300, 30), torch.randn(17), torch.randn(9).double()]
    on_gpu = planned(weights)
    kept = clone(on_gpu, weights)
    changed = [weight + 1e-3 * torch.randn_like(weight) for weight in weights]
    found = measure_weights(on_gpu, changed, kept)
    wanted = measure_weights(Plan(weights), changed, clone(Plan(weights), weights))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    again = clone(on_gpu, changed, kept)
    assert [a.data_ptr() for a in again] == [k.data_ptr() for k in kept]
    assert (measure_weights(on_gpu, changed, again)[:, 3] == 0).all()


def test_of_a_part_the_change_of_the_whole_is_estimated(kernels: Any) -> None:
    torch.manual_seed(0)
    weight = torch.randn(50_000)
    one = GpuPass({0: weight.shape}, {0: weight.dtype}, {0: 7}, CPU, CpuGpu(kernels))
    kept = one.copy([weight])
    assert torch.equal(kept, weight[::7])
    found = float(one.changes([weight * 1.5], kept)[0])
    assert found == pytest.approx(
        float(weight[::7].double().norm()) * 0.5 * math.sqrt(50_000 / len(kept))
    )


def test_addresses_are_sent_where_they_have_changed(gpu: CpuGpu) -> None:
    grads = [torch.randn(10), torch.randn(20)]
    on_gpu = planned(grads)
    for _ in range(3):
        measure_gradients(on_gpu, grads)
    assert gpu.sent == 1
    moved: list[Tensor | None] = [torch.randn(10), None]
    found = measure_gradients(on_gpu, moved)
    assert gpu.sent == 2
    assert float(found[0, Grad.NORM]) == pytest.approx(float(moved[0].norm()))  # type: ignore[union-attr]
    assert found[1].isnan().all()


def test_what_was_measured_of_one_tensor_is_not_overwritten_by_the_next(gpu: CpuGpu) -> None:
    one, other = torch.tensor([3.0, 4.0]), torch.tensor([6.0, 8.0])
    on_gpu = planned([one])
    assert on_gpu.in_one_gpu_pass
    first = measure_gradients(on_gpu, [one])
    measure_weights(on_gpu, [other])
    assert float(first[0, Grad.NORM]) == pytest.approx(5.0)


def test_each_stream_has_memory_of_its_own(kernels: Any) -> None:
    gpu = CpuGpu(kernels)
    tensor = torch.randn(10)
    one = GpuPass({0: tensor.shape}, {0: tensor.dtype}, {0: 1}, CPU, gpu)
    first = one.statistics([tensor])
    gpu.current = 1
    second = one.statistics([2 * tensor])
    assert float(second[0, 0]) == pytest.approx(2 * float(first[0, 0]))
    for gpu.current in range(3 * STREAMS):
        assert torch.equal(one.statistics([tensor]), first)
    assert len(one._rooms) == STREAMS


def test_norms_between_records(gpu: CpuGpu) -> None:
    grads = [torch.randn(10), torch.randn(20).bfloat16()]
    quick = QuickNorms(planned(grads))
    assert quick.possible
    found = quick.of(grads)
    assert isinstance(found, Tensor)
    np.testing.assert_allclose(found, [float(g.double().norm()) for g in grads], rtol=1e-6)
    one = quick.of([None, grads[1]])
    assert isinstance(one, Tensor)
    np.testing.assert_allclose(one, [math.nan, float(grads[1].double().norm())], rtol=1e-6)
    # The numbers travel later: the next step must not overwrite them.
    copy = found.clone()
    quick.of([2 * grad for grad in grads])
    assert torch.equal(found, copy)
    assert quick.of([grads[0], grads[1].float()]) is None  # of another size in memory
    assert quick.of([grads[0], torch.randn(40).bfloat16()[::2]]) is None


@pytest.mark.parametrize(
    ("tensor", "dense"),
    [
        (torch.zeros(3, 4), True),
        (torch.zeros(4, 3).t(), True),
        (torch.zeros(2, 3, 4, 5).to(memory_format=torch.channels_last), True),
        (torch.zeros(6)[::2], False),
        (torch.zeros(3, 8)[:, :4], False),
        (torch.zeros(1).expand(5), False),
        (torch.zeros(5, 1, 3).permute(2, 1, 0), True),
        (torch.zeros(8)[2:5], True),
    ],
)
def test_what_fills_a_stretch_of_memory(tensor: Tensor, dense: bool) -> None:
    assert is_dense(tensor) is dense


def test_a_trial_is_passed_by_kernels_that_are_right_and_by_no_others(kernels: Any) -> None:
    assert agrees(CPU, CpuGpu(kernels))
    assert agrees(CPU, CpuGpu(kernels), wide=True)
    for wrong in ("merge_chunks", "keep_elements", "count_exponents"):

        class Half:
            def __init__(self, kernel: Any) -> None:
                self._kernel = kernel

            def __getitem__(self, grid: tuple[int]) -> Any:
                return self._kernel[(-(-grid[0] // 2),)]  # the second half of the work is not done

        names = {name: getattr(kernels, name) for name in dir(kernels) if not name.startswith("__")}
        broken = type("Broken", (), {**names, wrong: Half(names[wrong])})
        assert not agrees(CPU, CpuGpu(broken)), wrong


def test_without_a_gpu_there_are_no_kernels() -> None:
    assert gpu_trial.gpu_for(CPU) is None
    assert Plan([torch.ones(3)], look=False).gpus == []


def test_what_goes_wrong_in_a_trial_leaves_the_general_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here there is no CUDA at all, which is an error of its own."""
    monkeypatch.setattr(gpu_trial, "find_spec", lambda name: object())
    monkeypatch.setattr(gpu_trial, "_found", {})
    assert gpu_trial.gpu_for(torch.device("cuda", 0)) is None


@pytest.mark.parametrize(
    ("name", "word"),
    [("TRITON_INTERPRET", "1"), ("TRITON_INTERPRET", "true"), (gpu_trial.WISH, "0")],
)
def test_kernels_that_are_interpreted_or_not_wanted_are_not_used(
    monkeypatch: pytest.MonkeyPatch, name: str, word: str
) -> None:
    monkeypatch.setenv(name, word)
    monkeypatch.setattr(gpu_trial, "CudaGpu", lambda device: pytest.fail("tried"))
    monkeypatch.setattr(gpu_trial, "find_spec", lambda name: object())
    assert gpu_trial._tried(torch.device("cuda", 0), wide=False) is None


COMPILED = """
import sys
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, compile
from gradtui.core.snapshot import HIST_BINS, HIST_LOW
from gradtui.stats import gpu_kernels as kernels
from gradtui.stats.gpu_pass import OPTIONS

TYPES = {"table": "*i64", "codes": "*i32", "strides": "*i64", "starts": "*i64", "chunk_tensors": "*i32",
         "chunk_offsets": "*i64", "factors": "*fp64", "firsts": "*i32", "tensors": "i32", "chunks": "i32"}
for wide in (False, True):
    kind = "*fp64" if wide else "*fp32"
    limits = dict(zip(("SMALL", "BIG", "UP", "DOWN"), kernels.LIMITS[wide]))
    constants = {**limits, "WIDE": wide, "CHUNK": kernels.CHUNK, "BLOCK": kernels.BLOCK,
                 "MERGED": kernels.MERGED, "LOW": HIST_LOW, "USED": HIST_BINS, "BINS": kernels.BINS}
    types = {**TYPES, "before": kind, "parts": kind, "kept": kind}
    for name, changes in (("reduce_chunks", True), ("reduce_chunks", False), ("merge_chunks", False),
                          ("keep_elements", False), ("count_exponents", False)):
        kernel = getattr(kernels, name)
        own = {**constants, "CHANGE": changes}
        out = {"out": "*fp64" if name == "merge_chunks" else "*i32"}
        signature = {n: "constexpr" if n in own else {**types, **out}[n] for n in kernel.arg_names}
        fixed = {(i,): own[n] for i, n in enumerate(kernel.arg_names) if n in own}
        target = GPUTarget("cuda", int(sys.argv[1]), 32)
        made = compile(ASTSource(kernel, signature, fixed), target=target, options=OPTIONS)
        # Numbers close to zero stay what they are.
        assert ".ftz" not in made.asm["ptx"], name
        assert len(made.asm["cubin"]) > 0
        print(name)
"""


@pytest.mark.slow
@pytest.mark.parametrize("architecture", [80, 90])
def test_they_compile_for_gpus(architecture: int, tmp_path: Path) -> None:
    """The compiler that Triton brings needs no GPU."""
    if find_spec("triton") is None:
        pytest.skip("triton is not installed")
    surroundings = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    done = subprocess.run(
        # Triton 3.7 makes a node that Python 3.13 calls deprecated, in each kernel that calls tl.sum.
        [
            sys.executable,
            *("-W", "error", "-W", "ignore:AnnAssign:DeprecationWarning"),
            "-c",
            COMPILED,
            str(architecture),
        ],
        env=surroundings | {"TRITON_CACHE_DIR": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 10
