"""Multi-layer perceptrons and convolutional nets built of one kind of block, and a GAN critic."""

from collections.abc import Callable
from functools import partial

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from gradtui.lab.models.parts import (
    activation,
    forgets_bias,
    initialise,
    normalisation,
    pieces,
)
from gradtui.lab.models.rows import LayerRow, Network, module_row
from gradtui.lab.scenario import schema

PIXELS = 64
"""Of an 8 x 8 image, and so of every feature map."""


class LayerBlock(nn.Module):
    """layer -> norm -> activation, with a skip connection where one is asked for and shapes allow."""

    def __init__(
        self,
        layer: nn.Module,
        norm: nn.Module | None,
        act: nn.Module,
        skip: bool,
        branch_scale: float,
    ) -> None:
        super().__init__()
        self.layer = layer
        self.norm = norm
        self.act = act
        self.skip = skip
        self.branch_scale = branch_scale

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layer(x)
        if self.norm is not None:
            y = self.norm(y)
        y = self.act(y)
        return x + self.branch_scale * y if self.skip else y


class Head(nn.Module):
    """One Linear layer on all pixels of all feature maps: where a stroke is tells the digits apart."""

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(channels * PIXELS, outputs)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.linear(x.flatten(1))
        return out


def stack(
    model: schema.Model, blocks: list[LayerBlock], kind: str, head: nn.Linear
) -> list[LayerRow]:
    """Rows of the blocks and the output layer."""
    rows = []
    for index, block in enumerate(blocks):
        weight = block.layer.weight
        assert isinstance(weight, Tensor)
        window = weight[0, 0].numel() if weight.dim() > 2 else 1
        rows.append(
            module_row(
                f"layer {index + 1}",
                block.layer,
                kind=kind,
                activation=model.activation,
                fans=(weight.shape[1] * window, weight.shape[0] * window),
                extra=[m for m in (block.norm, block.act) if m is not None],
                bias_is_idle=forgets_bias(model.norm),
                block=block,
                act=block.act,
            )
        )
    fans = (head.in_features, head.out_features)
    rows.append(module_row("output", head, kind="Linear", fans=fans, block=head))
    return rows


def mlp(model: schema.Model, inputs: int, outputs: int) -> Network:
    """`depth` hidden layers of `width` units over `inputs` features."""
    blocks = _blocks(model, inputs, nn.Linear)
    head = nn.Linear(model.width, outputs)
    initialise(head, model, hidden=False)
    rows = stack(model, blocks, "Linear", head)
    return Network(nn.Sequential(*blocks, head), rows)


def critic(model: schema.Model, inputs: int, outputs: int) -> Network:
    """A Wasserstein critic: a perceptron with one unbounded score; spectral norm on every layer."""
    network = mlp(model, inputs, outputs)
    if model.norm == "spectral":
        head = network.module[-1]  # type: ignore[index]
        bounded = spectral_norm(head)
        last = module_row(
            "output", bounded, kind="Linear", fans=(model.width, outputs), block=bounded
        )
        return Network(network.module, [*network.rows[:-1], last])
    return network


def cnn(model: schema.Model, outputs: int) -> Network:
    """`depth` 3 x 3 convolutions of `width` channels on 8 x 8 images, then a Linear layer."""
    blocks = _blocks(model, 1, partial(nn.Conv2d, kernel_size=3, padding=1), spatial=True)
    head = Head(model.width, outputs)
    initialise(head.linear, model, hidden=False)
    rows = stack(model, blocks, "Conv2d", head.linear)
    return Network(nn.Sequential(nn.Unflatten(1, (1, 8, 8)), *blocks, head), rows)


def _blocks(
    model: schema.Model,
    inputs: int,
    make: Callable[[int, int], nn.Module],
    *,
    spatial: bool = False,
) -> list[LayerBlock]:
    """`depth` of them, `width` wide; `make` gives a layer from its sizes in and out."""
    blocks = []
    for index in range(model.depth):
        size = inputs if index == 0 else model.width
        out = model.width * pieces(model.activation)
        layer = make(size, out)
        initialise(layer, model)
        if model.norm == "spectral":
            layer = spectral_norm(layer)
        norm = normalisation(model.norm, out, spatial=spatial)
        skip = model.residual and size == model.width
        act = activation(model.activation)
        blocks.append(LayerBlock(layer, norm, act, skip, model.branch_scale))
    return blocks
