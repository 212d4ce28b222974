"""Every planted fault: the program's step, and what has to be named."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from tests.nan_trace.broken import (
    BACKWARD,
    FORWARD,
    NETS,
    WIDTH,
    Branches,
    Checkpointed,
    Do,
    Gap,
    Masked,
    Noisy,
    OwnAttention,
    Tail,
    Twice,
    cross_entropy_by_hand,
    zero,
)

Loss = Callable[[Any], Tensor]


@dataclass(frozen=True)
class Fault:
    name: str
    make: Callable[[], nn.Module]
    phase: str
    module: str
    loss: Loss = lambda out: out.float().square().mean()
    batch: Callable[[], Any] = lambda: torch.randn(6, WIDTH)
    tensor: str = ""
    words: str = ""
    call: int = 0
    float32: bool | None = None
    step: int = 7


def _everywhere() -> list[Fault]:
    found = []
    for phase, faults in (("forward", FORWARD), ("backward", BACKWARD)):
        for number, (name, what) in enumerate(faults.items()):
            for turn, (word, net) in enumerate(NETS.items()):
                if (number + turn) % 2 == 0:  # each fault in three or four nets
                    make = _maker(net, what)
                    found.append(Fault(f"{name}-{word}", make, phase, net(nn.Identity())[1]))
    return found


def _maker(net: Any, what: Any) -> Callable[[], nn.Module]:
    return lambda: net(Do(what))[0]


def _nan_row() -> nn.Module:
    model = nn.Sequential(nn.Embedding(9, WIDTH), nn.Flatten(), nn.Linear(3 * WIDTH, 3))
    with torch.no_grad():
        model[0].weight[4, 2] = torch.nan
    return model


def _infinite_weight() -> nn.Module:
    model = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 3))
    with torch.no_grad():
        model[2].bias[1] = torch.inf
    return model


def _poisoned_norm() -> nn.Module:
    model = nn.Sequential(
        nn.Linear(WIDTH, WIDTH), nn.BatchNorm1d(WIDTH), nn.Linear(WIDTH, 3)
    ).eval()
    model[1].running_var[3] = torch.nan  # type: ignore[index,operator]
    return model


def _half(scale: float, dtype: torch.dtype = torch.float16) -> nn.Module:
    model = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 3))
    with torch.no_grad():
        model[1].weight.fill_(scale)
        model[0].weight.fill_(1.0)
    return model.to(dtype)


def _layer_norm() -> nn.Module:
    return nn.Sequential(Do(lambda x: zero(x) + 3), nn.LayerNorm(WIDTH, eps=0), nn.Linear(WIDTH, 3))


def _dead_linear() -> nn.Module:
    linear = nn.Linear(WIDTH, 3)
    with torch.no_grad():
        linear.weight[1].zero_()  # a norm of zero
    return linear


def _compiled(inner: nn.Module) -> nn.Module:
    return torch.compile(inner, backend="eager")  # type: ignore[return-value]


def _nan_batch() -> Tensor:
    batch = torch.randn(6, WIDTH)
    batch[3, 5] = torch.nan
    return batch


def _infinite_batch() -> Tensor:
    batch = torch.randn(6, WIDTH)
    batch[0, 0] = torch.inf
    return batch


def _tied_weights() -> nn.Module:
    model = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 3))
    model[1].weight = model[0].weight
    with torch.no_grad():
        model[0].weight[0, 0] = -torch.inf
    return model


class _Autocast(nn.Module):
    def __init__(self, dtype: torch.dtype, scale: float) -> None:
        super().__init__()
        self.body, self.dtype = _half(scale, torch.float32), dtype

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=self.dtype):
            return self.body(x)


def _log_half(out: Tensor) -> Tensor:
    return out.float().square().mean()


def _bad_half(x: Tensor) -> Tensor:
    return x.half().mul(60000).mul(2).float()


PLANTED = [
    *_everywhere(),
    Fault(
        "gap_forward",
        lambda: Gap(FORWARD["zero_by_zero"]),
        "forward",
        "",
        words="between first and second",
    ),
    Fault(
        "gap_backward",
        lambda: Gap(BACKWARD["sqrt_at_zero"]),
        "backward",
        "",
        words="between first and second",
    ),
    Fault(
        "gap_inside",
        lambda: nn.Sequential(nn.Linear(8, 8), Gap(FORWARD["log_of_zero"])),
        "forward",
        "1",
        words="between",
    ),
    Fault(
        "tail_forward",
        lambda: nn.Sequential(Tail(FORWARD["exp_overflow"]), nn.Linear(8, 3)),
        "forward",
        "0",
        words="after first",
    ),
    Fault(
        "tail_backward",
        lambda: nn.Sequential(Tail(BACKWARD["norm_at_zero"]), nn.Linear(8, 3)),
        "backward",
        "0",
        words="after first",
    ),
    Fault("tied_call_forward", lambda: Twice(torch.log, zero), "forward", "tied", call=1),
    Fault("tied_call_backward", lambda: Twice(torch.sqrt, zero), "backward", "tied", call=1),
    Fault(
        "tied_first_call",
        lambda: Twice(lambda x: 1 / zero(x), torch.neg),
        "forward",
        "tied",
        call=0,
    ),
    Fault(
        "dict_forward",
        lambda: Branches(Do(FORWARD["one_by_zero"])),
        "forward",
        "bad",
        loss=lambda o: o["good"].sum() + o["bad"][0].sum(),
    ),
    Fault(
        "dict_backward",
        lambda: Branches(Do(BACKWARD["sqrt_at_zero"])),
        "backward",
        "bad",
        loss=lambda o: o["good"].sum() + o["bad"][0].sum(),
    ),
    Fault("mask_attention", lambda: Masked(2), "forward", "attention"),
    Fault("mask_softmax", lambda: OwnAttention(2), "forward", "softmax"),
    Fault(
        "mask_innocent",
        lambda: nn.Sequential(OwnAttention(None), Do(lambda x: zero(x).log())),
        "forward",
        "1",
    ),
    Fault(
        "mask_innocent_attention",
        lambda: nn.Sequential(Masked(None), Do(lambda x: zero(x).log())),
        "forward",
        "1",
    ),
    Fault(
        "mask_innocent_backward",
        lambda: nn.Sequential(OwnAttention(None), Do(lambda x: zero(x).sqrt())),
        "backward",
        "1",
    ),
    Fault(
        "swallowed_infinity",
        lambda: nn.Sequential(
            nn.Linear(8, 8),
            Do(lambda x: (x.abs() + 99).exp()),
            nn.Sigmoid(),
            nn.Linear(8, 8),
            Do(lambda x: zero(x) / zero(x)),
        ),
        "forward",
        "4",
    ),
    Fault(
        "infinity_then_nan",
        lambda: nn.Sequential(
            nn.Linear(8, 8), Do(lambda x: (x.abs() + 99).exp()), nn.Softmax(1), nn.Linear(8, 8)
        ),
        "forward",
        "1",
    ),
    Fault(
        "nan_in_batch",
        lambda: nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 3)),
        "data",
        "",
        batch=_nan_batch,
    ),
    Fault(
        "infinity_in_batch",
        lambda: nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 3)),
        "data",
        "",
        batch=_infinite_batch,
    ),
    Fault(
        "nan_in_batch_of_cnn", lambda: NETS["cnn"](nn.Identity())[0], "data", "", batch=_nan_batch
    ),
    Fault(
        "nan_row_of_embedding",
        _nan_row,
        "weights",
        "0",
        batch=lambda: torch.tensor([[1, 4, 2]] * 4),
        tensor="weight",
    ),
    Fault("infinite_bias", _infinite_weight, "weights", "2", tensor="bias"),
    Fault("infinite_tied_weight", _tied_weights, "weights", "0", tensor="weight"),
    Fault("nan_running_variance", _poisoned_norm, "weights", "1", tensor="running_var"),
    Fault("layer_norm_without_eps", _layer_norm, "forward", "1"),
    Fault(
        "half_overflow",
        lambda: _half(6e4),
        "forward",
        "1",
        loss=_log_half,
        batch=lambda: torch.ones(4, 8).half(),
        float32=True,
    ),
    Fault(
        "bfloat16_overflow",
        lambda: _half(3e38, torch.bfloat16),
        "forward",
        "1",
        loss=_log_half,
        batch=lambda: torch.ones(4, 8).bfloat16(),
        float32=False,
    ),
    Fault(
        "autocast_bfloat16",
        lambda: _Autocast(torch.bfloat16, 3e38),
        "forward",
        "body.1",
        batch=lambda: torch.ones(4, 8),
        float32=False,
    ),
    Fault(
        "autocast_float16",
        lambda: _Autocast(torch.float16, 6e4),
        "forward",
        "body.1",
        batch=lambda: torch.ones(4, 8),
        float32=True,
    ),
    Fault(
        "half_gradient",
        lambda: _half(6e4),
        "backward",
        "2",
        loss=lambda o: (o.float() * 1e3).sum(),
        batch=lambda: torch.full((4, 8), 1e-4).half(),
        float32=True,
    ),
    Fault(
        "half_inside_float32",
        lambda: nn.Sequential(nn.Linear(8, 8), Do(_bad_half), nn.Linear(8, 3)),
        "forward",
        "1",
    ),
    Fault(
        "dropout_same_mask",
        lambda: Noisy(lambda x: torch.where(x == 0, x, x.abs() + 1).log()),
        "forward",
        "fault",
    ),
    Fault(
        "dropout_same_mask_backward", lambda: Noisy(lambda x: x.abs().sqrt()), "backward", "fault"
    ),
    Fault(
        "draw_in_code", lambda: Noisy(lambda x: x / (torch.rand(6, 1) > 0.5)), "forward", "fault"
    ),
    Fault(
        "checkpoint_forward",
        lambda: Checkpointed(Do(FORWARD["log_of_zero"]), reentrant=False),
        "forward",
        "body.1",
    ),
    Fault(
        "checkpoint_backward",
        lambda: Checkpointed(Do(BACKWARD["sqrt_at_zero"]), reentrant=False),
        "backward",
        "body.1",
    ),
    Fault(
        "reentrant_forward",
        lambda: Checkpointed(Do(FORWARD["log_of_zero"]), reentrant=True),
        "forward",
        "body.1",
    ),
    Fault(
        "reentrant_backward",
        lambda: Checkpointed(Do(BACKWARD["acos_at_one"]), reentrant=True),
        "backward",
        "body.1",
    ),
    Fault(
        "compiled_forward",
        lambda: _compiled(NETS["mlp"](Do(FORWARD["zero_by_zero"]))[0]),
        "forward",
        "2",
    ),
    Fault(
        "compiled_backward",
        lambda: _compiled(NETS["mlp"](Do(BACKWARD["sqrt_at_zero"]))[0]),
        "backward",
        "2",
    ),
    Fault(
        "compiled_inside",
        lambda: nn.Sequential(
            nn.Linear(8, 8), _compiled(NETS["nested"](Do(BACKWARD["pow_at_zero"]))[0])
        ),
        "backward",
        "1.1.inner.inner",
    ),
    Fault(
        "loss_forward",
        lambda: nn.Linear(8, 3),
        "forward",
        "",
        loss=lambda o: zero(o).log().mean(),
        tensor="loss",
    ),
    Fault(
        "loss_division",
        lambda: nn.Linear(8, 3),
        "forward",
        "",
        loss=lambda o: o.sum() / zero(o).sum(),
        tensor="loss",
    ),
    Fault(
        "loss_cross_entropy_by_hand",
        lambda: nn.Linear(8, 3),
        "forward",
        "",
        loss=cross_entropy_by_hand,
        tensor="loss",
    ),
    Fault(
        "loss_backward",
        lambda: nn.Linear(8, 3),
        "backward",
        "",
        loss=lambda o: zero(o).sqrt().mean(),
        tensor="gradient of the output",
        words="loss function",
    ),
    Fault(
        "loss_backward_norm",
        lambda: NETS["mlp"](nn.Identity())[0],
        "backward",
        "",
        loss=lambda o: zero(o).square().sum().sqrt(),
        words="loss function",
    ),
    Fault(
        "parametrized",
        lambda: nn.Sequential(
            nn.Linear(8, 8), nn.utils.parametrizations.weight_norm(_dead_linear())
        ),
        "forward",
        "1.parametrizations.weight.0",
    ),
]
