"""Steps that are too long, too short, or set by a clip."""

from torch import nn

from tests.repairs.case import Case, adam, adamw, sgd, squares
from tests.repairs.nets import conv, curve, digits, images, pixel_rows
from tests.verdicts.nets import Attention, Recurrent, glorot, he, mlp, normal

SMALL = (8, 1)

FAST = [
    Case("relu lr 5", digits, lambda: mlp(8, init=he), sgd(5.0)),
    Case("relu lr 100", digits, lambda: mlp(4, init=he), sgd(100.0)),
    Case("relu momentum", digits, lambda: mlp(8, init=he), sgd(0.3, momentum=0.9)),
    Case("relu 3 layers lr 1, momentum .95", digits, lambda: mlp(3), sgd(1.0, momentum=0.95)),
    Case("relu Adam lr 1", digits, lambda: mlp(6, init=he), adam(1.0)),
    Case("relu AdamW lr .3", digits, lambda: mlp(8, init=he), adamw(0.3)),
    Case("tanh lr 30", digits, lambda: mlp(6, act=nn.Tanh, init=glorot), sgd(30.0)),
    Case("convolutions lr 5", images, lambda: conv(4, nn.ReLU), sgd(5.0), steps=500),
    Case("convolutions Adam lr .5", images, lambda: conv(4, nn.ReLU), adam(0.5)),
    Case("transformer lr 20", pixel_rows, lambda: Attention(2), sgd(20.0)),
    Case("transformer Adam lr .3", pixel_rows, lambda: Attention(2), adam(0.3)),
    Case("lstm lr 300", pixel_rows, lambda: Recurrent(nn.LSTM, 8, 32, 10), sgd(300.0)),
    Case("regression lr 3", curve(), lambda: mlp(4, sizes=SMALL, init=he), sgd(3.0), squares),
    Case("regression Adam lr 1", curve(), lambda: mlp(4, sizes=SMALL), adam(1.0), squares),
    Case("linear regression lr .9", curve(), lambda: nn.Linear(8, 1), sgd(0.9), squares),
    Case("regression lr at the edge", curve(), lambda: mlp(3, sizes=SMALL), sgd(0.8), squares),
]
SLOW = [
    Case("relu lr 1e-8", digits, lambda: mlp(4, init=he), sgd(1e-8)),
    Case("relu Adam lr 1e-9", digits, lambda: mlp(4, init=he), adam(1e-9)),
    Case("convolutions lr 1e-7", images, lambda: conv(3, nn.ReLU), sgd(1e-7)),
    Case("transformer AdamW lr 1e-9", pixel_rows, lambda: Attention(1), adamw(1e-9)),
]
CLIPPED = [
    Case("clip rescues lr 10", digits, lambda: mlp(8, init=he), sgd(10.0), clip=0.1),
    Case(
        "clip rescues momentum", digits, lambda: mlp(8, init=he), sgd(0.5, momentum=0.9), clip=1.0
    ),
    Case(
        "clip rescues convolutions",
        images,
        lambda: conv(4, nn.ReLU),
        sgd(20.0),
        steps=500,
        clip=0.1,
    ),
    Case(
        "clip of nothing, huge weights",
        digits,
        lambda: mlp(8, init=normal(0.8)),
        sgd(0.1),
        clip=1.0,
    ),
]
CASES = [*FAST, *SLOW, *CLIPPED]
