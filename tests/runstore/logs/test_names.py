"""What names of series mean."""

import pytest

from gradtui.runstore.logs.names import LAYER, LOSS, NORM, RATE, VALIDATION, meanings, orders
from gradtui.runstore.logs.series import HISTOGRAM, SCALAR

SCALARS = {
    LOSS: ["loss", "train/loss", "train_loss", "Loss/train", "train_loss_step", "total_loss"],
    VALIDATION: ["val_loss", "eval/loss", "eval_loss", "validation.loss", "test/loss"],
    RATE: ["lr", "learning_rate", "train/learning_rate", "lr-AdamW/pg1", "lr/group_0"],
    NORM: ["grad_norm", "train/grad_norm", "global_grad_norm", "grad/total_norm", "gnorm"],
}
NAMES = [(what, name) for what, names in SCALARS.items() for name in names]


@pytest.mark.parametrize(("what", "name"), NAMES)
def test_scalars(what: str, name: str) -> None:
    assert meanings({name: SCALAR})[name].what == what


@pytest.mark.parametrize(
    "name",
    ["step", "epoch", "norm", "weight_norm", "fc1/weight_norm", "lr_scheduler_steps", "gradient"],
)
def test_what_means_nothing_to_us(name: str) -> None:
    assert meanings({name: SCALAR}) == {}


@pytest.mark.parametrize(
    ("name", "kind", "layer"),
    [
        ("gradients/fc1.weight", HISTOGRAM, "fc1.weight"),
        ("fc1.weight.grad", HISTOGRAM, "fc1.weight"),
        ("fc1.weight/grad", HISTOGRAM, "fc1.weight"),
        ("grad_2.0_norm/net.0.weight", SCALAR, "net.0.weight"),
        ("grad_norm/fc1.bias", SCALAR, "fc1.bias"),
        ("train/grad_norms/block/0", SCALAR, "block/0"),
    ],
)
def test_layers(name: str, kind: str, layer: str) -> None:
    found = meanings({name: kind})[name]
    assert (found.what, found.layer) == (LAYER, layer)


def test_histograms_of_weights_are_none_of_gradients() -> None:
    assert meanings({"fc1.weight": HISTOGRAM, "parameters/fc1.weight": HISTOGRAM}) == {}


def test_a_prefix_is_a_layer_where_there_are_several() -> None:
    several = meanings(dict.fromkeys(("fc1.weight/grad_norm", "fc2.weight/grad_norm"), SCALAR))
    assert {m.layer for m in several.values()} == {"fc1.weight", "fc2.weight"}
    assert meanings({"mine/grad_norm": SCALAR})["mine/grad_norm"].what == NORM


def test_a_step_goes_before_a_mean_and_the_whole_before_a_part() -> None:
    names = ["train_loss", "train_loss_epoch", "train/train_loss", "kl_loss"]
    ranks = [meanings({name: SCALAR})[name].rank for name in names]
    assert ranks[0] == min(ranks)
    assert ranks[3] == max(ranks)
    norms = ["grad_norm", "grad_norm_before_clip", "grad_norm_clipped"]
    found = [meanings({name: SCALAR})[name].rank for name in norms]
    assert found == sorted(found)


def test_other_orders_are_no_norms_of_ours() -> None:
    names = ["grad_inf_norm/a", "grad_inf_norm_total", "grad_1.0_norm/a", "grad_2.0_norm/a"]
    assert set(meanings(dict.fromkeys(names, SCALAR))) == {"grad_2.0_norm/a"}
    assert orders(names) == ["1.0", "inf"]
