"""What nodes have saved, as it is read: the right numbers, and nothing that somebody packed."""

import torch
from torch.autograd.graph import saved_tensors_hooks

from gradtui.autograd.saved_tensors import saved


def test_a_plain_number_has_its_mean_and_its_sum() -> None:
    x = torch.ones(4, requires_grad=True)
    for factor in (-0.5, 3, 1e-30):
        for made in (factor * x, x * factor, x / factor):
            number = saved(made.grad_fn, "other")
            assert number is not None
            assert number.double().mean().item() == number.sum().item() == factor


def test_tensors_are_not_copied() -> None:
    x, other = torch.ones(4, requires_grad=True), torch.randn(4)
    found = saved((x * other).grad_fn, "other")
    assert found is not None
    assert found.data_ptr() == other.data_ptr()


def test_what_was_packed_is_left_alone() -> None:
    asked = []

    def unpack(packed: torch.Tensor) -> torch.Tensor:
        asked.append(packed)
        return packed

    x = torch.ones(4, requires_grad=True)
    with saved_tensors_hooks(lambda one: one, unpack):
        product = x * torch.randn(4)
    assert saved(product.grad_fn, "other") is None
    assert asked == []
