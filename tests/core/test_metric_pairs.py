"""Which names are one quantity of training and of validation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.core.metric_pairs import (
    Pair,
    has_word,
    is_loss,
    of_validation,
    paired,
    validation_loss,
)

PAIRS = [
    (["train/loss", "val/loss"], [("train/loss", "val/loss")]),
    (["loss", "eval_loss", "train_loss"], [("loss", "eval_loss"), ("train_loss", "")]),
    (["val_acc", "train_acc"], [("train_acc", "val_acc")]),
    (["Loss/train", "Loss/test"], [("Loss/train", "Loss/test")]),
    (["valid_loss", "loss"], [("loss", "valid_loss")]),
    (["trainLoss", "valLoss"], [("trainLoss", "valLoss")]),
    (["train.loss", "test.loss", "val.loss"], [("train.loss", "val.loss"), ("", "test.loss")]),
    (
        ["train_loss_step", "train_loss_epoch", "val_loss"],
        [("train_loss_step", ""), ("train_loss_epoch", "val_loss")],
    ),
    (
        ["train/acc@1", "train/acc@5", "val/acc@5"],
        [("train/acc@1", ""), ("train/acc@5", "val/acc@5")],
    ),
    (["std", "std_dev", "lr"], [("std", ""), ("std_dev", ""), ("lr", "")]),
    (["val_loss/dataloader_idx_0", "loss"], [("", "val_loss/dataloader_idx_0"), ("loss", "")]),
    (["val", "train"], [("", "val"), ("train", "")]),
    (["Потеря/train", "Потеря/val"], [("Потеря/train", "Потеря/val")]),
    ([" ", ""], [(" ", ""), ("", "")]),
]


@pytest.mark.parametrize(("names", "pairs"), PAIRS, ids=lambda one: str(one[0]))
def test_known_names(names: list[str], pairs: list[tuple[str, str]]) -> None:
    assert [tuple(pair) for pair in paired(names)] == pairs


WORDS = st.sampled_from(["train", "val", "eval", "test", "loss", "acc", "1", "", "dev", "std", "é"])


@given(st.lists(st.lists(WORDS, max_size=4).map("/".join) | st.text(max_size=6), max_size=12))
def test_every_name_is_there_once(names: list[str]) -> None:
    found = [name for pair in paired(names) for name in pair if name]
    assert sorted(found) == sorted({name for name in names if name})


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (["loss", "val/loss", "test/loss"], "val/loss"),
        (["test_loss", "value_loss"], "test_loss"),
        (["loss", "train/loss", "val/aux_loss", "val/acc"], ""),
        ([], ""),
    ],
)
def test_the_validation_loss(names: list[str], name: str) -> None:
    assert validation_loss(names) == name


def test_words_of_names() -> None:
    assert is_loss("train/Loss")
    assert not is_loss("train/box_loss")
    assert of_validation("evalLoss")
    assert not of_validation("value_loss")
    assert has_word("lr/group_0", ("lr",))
    assert not has_word("clarity", ("lr",))
    assert Pair("", "val").name == "val"
