"""Cases written after the remedies were settled, and run once before these were touched again."""

from torch import nn

from tests.repairs.case import Case, adam, adamw, rmsprop, sgd, squares
from tests.repairs.depth import recurrent
from tests.repairs.nets import conv, curve, digits, images, pixel_rows
from tests.repairs.units import low_biases
from tests.verdicts.nets import Attention, Recurrent, Residual, glorot, he, mlp, normal

SMALL = (8, 1)


def nested(depth: int) -> nn.Module:
    """Stacks within a stack."""
    inner = [nn.Sequential(nn.Linear(48, 48), nn.Sigmoid()) for _ in range(depth)]
    return nn.Sequential(nn.Linear(64, 48), nn.Sequential(*inner), nn.Linear(48, 10))


CASES = [
    Case(
        "aside: sigmoid 15 layers, momentum",
        digits,
        lambda: mlp(15, 32, act=nn.Sigmoid),
        sgd(0.05, momentum=0.9),
    ),
    Case("aside: sigmoid stacks in a stack", digits, lambda: nested(7), sgd(0.2)),
    Case("aside: softsign 40 layers", digits, lambda: mlp(40, 48, act=nn.Softsign), sgd(0.05)),
    Case("aside: relu 25 layers, RMSprop", digits, lambda: mlp(25), rmsprop(1e-3)),
    Case("aside: tanh convolutions tiny", images, lambda: conv(9, nn.Tanh, std=0.02), sgd(0.05)),
    Case(
        "aside: relu tiny, momentum",
        digits,
        lambda: mlp(6, 96, init=normal(0.004)),
        sgd(0.05, momentum=0.9),
    ),
    Case("aside: relu 12 layers, wide", digits, lambda: mlp(12, init=normal(0.5)), sgd(0.05)),
    Case("aside: convolutions wide, Adam", images, lambda: conv(7, nn.ReLU, std=0.7), adam()),
    Case(
        "aside: residual 60 without norms",
        digits,
        lambda: Residual(60, 48, norm=False, init=he),
        sgd(0.05),
    ),
    Case(
        "aside: recurrent relu 4",
        pixel_rows,
        lambda: recurrent(8, 4.0, 10, nonlinearity="relu"),
        adam(),
    ),
    Case("aside: relu lr 20", digits, lambda: mlp(6, 96), sgd(20.0)),
    Case(
        "aside: tanh RMSprop lr .5", digits, lambda: mlp(5, act=nn.Tanh, init=glorot), rmsprop(0.5)
    ),
    Case("aside: gru lr 1000", pixel_rows, lambda: Recurrent(nn.GRU, 8, 32, 10), sgd(1000.0)),
    Case("aside: transformer AdamW lr 1", pixel_rows, lambda: Attention(2), adamw(1.0)),
    Case(
        "aside: transformer momentum lr 3",
        pixel_rows,
        lambda: Attention(3, pre=False),
        sgd(3.0, momentum=0.9),
    ),
    Case(
        "aside: regression momentum lr 1",
        curve(),
        lambda: mlp(3, sizes=SMALL, init=he),
        sgd(1.0, momentum=0.9),
        squares,
    ),
    Case("aside: lstm lr 1e-7", pixel_rows, lambda: Recurrent(nn.LSTM, 8, 32, 10), sgd(1e-7)),
    Case("aside: residual AdamW lr 1e-9", digits, lambda: Residual(6), adamw(1e-9)),
    Case("aside: clip rescues lr 50", digits, lambda: mlp(6, init=he), sgd(50.0), clip=0.03),
    Case("aside: born dead, RMSprop", digits, lambda: low_biases(mlp(6, 32), -20.0), rmsprop(1e-3)),
    Case(
        "aside: half convolutions lr 4", images, lambda: conv(5, nn.ReLU), sgd(4.0), half="weights"
    ),
    Case(
        "aside: half, tiny",
        digits,
        lambda: mlp(10, 48, init=normal(0.008)),
        sgd(0.05),
        half="weights",
    ),
    Case("aside: autocast lr 10", digits, lambda: mlp(6, init=he), sgd(10.0), half="autocast"),
    Case(
        "aside: targets 1e5 wide, SGD", curve(1e5), lambda: mlp(3, sizes=SMALL), sgd(0.05), squares
    ),
    Case("aside: targets 3e5 wide, Adam", curve(3e5), lambda: mlp(5, sizes=SMALL), adam(), squares),
]
