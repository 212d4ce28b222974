"""Parameters are called what their owner calls them, whatever lies around it."""

import pytest
import torch
from torch import nn

from gradtui.instrument.layout_rows import outline
from gradtui.instrument.module_tree import all_modules
from gradtui.instrument.parameter_names import Named, resolve


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.module = nn.Linear(3, 4)
        self.norm = nn.BatchNorm1d(4)
        self.last = nn.Linear(4, 3, bias=False)
        self.last.weight = nn.Parameter(self.module.weight.detach().T.clone())


def names(named: list[Named]) -> list[str]:
    return [one.name for one in named]


def expected(net: nn.Module) -> list[str]:
    return [name for name, _ in net.named_parameters()]


def test_a_model_and_its_rows() -> None:
    net = Net()
    named = resolve(list(net.parameters()), models=[net])
    layout = outline(named)
    assert names(named) == expected(net)
    assert [(r.name, r.kind, r.fan_in, r.fan_out) for r in layout.rows] == [
        ("module", "Linear", 3, 4),
        ("norm", "BatchNorm1d", 0, 0),
        ("last", "Linear", 4, 3),
    ]
    assert [t.role for t in layout.tensors] == ["weight", "bias", "gain", "bias", "weight"]


@pytest.mark.parametrize("wrap", [nn.DataParallel, lambda n: torch.compile(n, backend="eager")])
def test_wrappers_leave_no_trace(wrap: type) -> None:
    net = Net()
    whole = wrap(net)
    named = resolve(list(whole.parameters()), modules=[net, whole])
    assert names(named) == expected(net)


def test_found_without_being_shown() -> None:
    net = nn.Sequential(Net(), nn.Linear(2, 2))
    assert any(module is net for module in all_modules())
    assert names(resolve(list(net.parameters()))) == expected(net)


def test_twins_by_their_variables_else_by_number() -> None:
    one, two = nn.Linear(2, 2), nn.Linear(2, 2)
    tensors = [*one.parameters(), *two.parameters()]
    seen = [("actor", one), ("critic", two)]
    assert names(resolve(tensors, modules=[one, two], sights=seen)) == [
        "actor.weight",
        "actor.bias",
        "critic.weight",
        "critic.bias",
    ]
    assert names(resolve(tensors, modules=[one, two]))[::2] == [
        "Linear#0.weight",
        "Linear#1.weight",
    ]


def test_a_tied_weight_has_one_place_and_all_its_names() -> None:
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    net[1].weight = net[0].weight
    named = resolve(list(net.parameters()), models=[net])
    assert [(one.name, one.also) for one in named] == [("0.weight", ("1.weight",))]
    assert outline(named).tensors[0].also == "1.weight"


def test_loose_tensors_by_variable_and_given_names_first() -> None:
    net, alpha = nn.Linear(2, 1), torch.zeros(1, requires_grad=True)
    given = {id(net.weight): "as.told"}
    seen = [("things[0]", alpha), ("alpha", alpha)]
    named = resolve([*net.parameters(), alpha], models=[net], sights=seen, given=given)
    assert names(named) == ["as.told", "bias", "alpha"]
    assert names(resolve([torch.zeros(1, requires_grad=True)])) == ["parameter.0"]


def test_hostile_objects_are_not_woken() -> None:
    class Proxy:
        def __getattribute__(self, name: str) -> object:
            raise AssertionError(name)

    class Prickly(nn.Linear):
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            raise AssertionError

        def __bool__(self) -> bool:
            raise AssertionError

    proxy, net = Proxy(), nn.Sequential(Prickly(2, 2))
    assert names(resolve([net[0].weight, net[0].bias])) == ["0.weight", "0.bias"]
    assert type(proxy) is Proxy
