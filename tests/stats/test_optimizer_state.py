"""What an optimizer keeps of each tensor: taken by torch's names, and left alone."""

from collections import defaultdict
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradtui.core.snapshot import State
from gradtui.stats.optimizer_state import measure_states
from gradtui.stats.plan import Plan
from tests.stats.test_measure_kinds import Shard

WAYS: list[dict[str, Any]] = [
    {"foreach": False},
    {"foreach": True},
    {"fused": True},
    {"amsgrad": True},
    {"lr": torch.tensor(0.01), "foreach": False},
]


class Kept:
    """Any optimizer, as far as it is looked at."""

    def __init__(self, state: Any, groups: Any) -> None:
        self.state, self.param_groups = state, groups


def trained(optimizer: torch.optim.Optimizer, net: nn.Module, steps: int = 3) -> None:
    made = torch.Generator().manual_seed(0)
    for _ in range(steps):
        optimizer.zero_grad()
        net(torch.randn(8, 300, generator=made)).square().mean().backward()
        optimizer.step()


def net(dtype: torch.dtype = torch.float32) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(300, 300), nn.Linear(300, 2)).to(dtype)


def states(optimizer: Any, tensors: list[Tensor], look: bool | None = None) -> Tensor:
    found = measure_states(Plan(tensors, look=look), tensors, optimizer)
    assert found is not None
    return found


@pytest.mark.parametrize("look", [True, False])
@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.AdamW])
def test_moments_are_those_of_the_optimizer_and_stay_as_they_are(
    kind: Any, how: dict[str, Any], look: bool
) -> None:
    if "amsgrad" in how or "lr" in how:
        how = how | {"amsgrad": "amsgrad" in how}
    module = net()
    tensors = list(module.parameters())
    optimizer = kind(tensors, **{"lr": 0.01} | how)
    trained(optimizer, module)
    before = {p: {k: v.clone() for k, v in optimizer.state[p].items()} for p in tensors}
    found = states(optimizer, tensors, look)
    for row, tensor in zip(found.tolist(), tensors, strict=True):
        kept = before[tensor]
        assert row[State.FIRST] == pytest.approx(kept["exp_avg"].double().norm().item())
        assert row[State.SECOND] == pytest.approx(kept["exp_avg_sq"].double().sum().sqrt().item())
        assert row[State.NONFINITE] == 0
        assert row[State.STEPS] == 3
        assert row[State.LR] == pytest.approx(0.01)
        for name, value in kept.items():
            assert torch.equal(optimizer.state[tensor][name], value)


def test_half_precision_has_moments_too() -> None:
    module = net(torch.bfloat16)
    tensors = list(module.parameters())
    optimizer = torch.optim.Adam(tensors, lr=0.01)
    module(torch.ones(4, 300, dtype=torch.bfloat16)).square().mean().backward()
    optimizer.step()
    found = states(optimizer, tensors)
    expected = [optimizer.state[p]["exp_avg"].double().norm().item() for p in tensors]
    assert found[:, State.FIRST].tolist() == pytest.approx(expected, rel=1e-4)


def test_sparse_gradients_leave_dense_moments() -> None:
    table = nn.Embedding(20, 4, sparse=True)
    optimizer = torch.optim.SparseAdam(table.parameters(), lr=0.1)
    table(torch.tensor([3, 3, 7])).sum().backward()
    optimizer.step()
    found = states(optimizer, [table.weight])
    kept = optimizer.state[table.weight]["exp_avg"]
    assert found[0, State.FIRST].item() == pytest.approx(kept.norm().item())


def test_of_sharded_tensors_the_local_part_counts() -> None:
    tensor = torch.ones(3).as_subclass(Shard)
    first, second = torch.tensor([[3.0, 4.0, 100.0], [9.0, 16.0, 100.0]])
    held = {"exp_avg": first.as_subclass(Shard), "exp_avg_sq": second.as_subclass(Shard)}
    found = states(Kept({tensor: held}, [{"params": [tensor], "lr": 0.1}]), [tensor])
    assert found.tolist() == [pytest.approx([0.1, torch.nan, 5.0, 5.0, 0.0], nan_ok=True)]


def test_a_nan_among_moments_is_told_from_none() -> None:
    module = net()
    tensors = list(module.parameters())
    optimizer = torch.optim.Adam(tensors, lr=0.01)
    trained(optimizer, module)
    optimizer.state[tensors[1]]["exp_avg_sq"][0] = torch.nan
    del optimizer.state[tensors[2]]
    found = states(optimizer, tensors)
    assert found[1, State.NONFINITE] > 0
    assert found[1, State.SECOND].isnan()
    assert found[2, [State.FIRST, State.SECOND, State.NONFINITE]].isnan().all()
    assert found[0, State.NONFINITE] == 0
    assert tensors[2] not in optimizer.state


@pytest.mark.parametrize(
    "held",
    [
        {"state1": torch.ones(3), "state2": torch.ones(3)},
        {"exp_avg": torch.ones(3)},
        {"exp_avg": torch.ones(3), "exp_avg_sq": torch.ones(1)},
        {"exp_avg": torch.ones(3, dtype=torch.int8), "exp_avg_sq": torch.ones(3, dtype=torch.int8)},
        {"exp_avg": torch.ones(3, device="meta"), "exp_avg_sq": torch.ones(3, device="meta")},
        {"exp_avg": 1.0, "exp_avg_sq": 2.0},
        None,
    ],
)
def test_what_is_kept_otherwise_is_left_out(held: Any) -> None:
    tensor = torch.ones(3)
    optimizer = Kept(defaultdict(dict, {tensor: held}), [{"params": [tensor], "lr": 0.1}])
    assert measure_states(Plan([tensor]), [tensor], optimizer) is None
    assert len(optimizer.state) == 1


@pytest.mark.parametrize("state", [None, 3, {}])
def test_an_optimizer_without_a_state_has_none(state: Any) -> None:
    tensor = torch.ones(3)
    assert measure_states(Plan([tensor]), [tensor], Kept(state, None)) is None
    assert measure_states(Plan([tensor]), [tensor], object()) is None


def test_each_tensor_has_the_rate_of_its_group() -> None:
    one, other, third = torch.ones(3), torch.ones(2), torch.ones(1)
    groups = [{"params": [one], "lr": 0.5}, {"params": [third, other], "lr": torch.tensor(0.25)}]
    found = states(Kept({}, groups), [one, other, third])
    assert found[:, State.LR].tolist() == [0.5, 0.25, 0.25]
    assert found[:, State.NONFINITE].isnan().all()
    groups[1]["lr"] = "much"
    assert states(Kept({}, groups), [one, other])[1, State.LR].isnan()
