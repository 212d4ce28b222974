"""Groups of layers by their names: those of real nets, and whatever names there may be."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.app.folding import opened
from gradtui.app.layer_groups import MOST, MOST_LOOSE, Group, Node, around, layer_groups


def numbered(pattern: str, count: int, parts: str) -> list[str]:
    """A name for each part of each block."""
    return [f"{pattern.format(i)}.{part}" for i in range(count) for part in parts.split()]


BLOCK = "conv1 bn1 conv2 bn2 conv3 bn3"
GPT2 = [
    "transformer.wte",
    "transformer.wpe",
    *numbered("transformer.h.{}", 12, "ln_1 attn.c_attn attn.c_proj ln_2 mlp.c_fc mlp.c_proj"),
    "transformer.ln_f",
    "lm_head",
]
LLAMA = [
    "model.embed_tokens",
    *numbered(
        "model.layers.{}",
        80,
        "input_layernorm self_attn.q_proj self_attn.k_proj self_attn.v_proj self_attn.o_proj "
        "post_attention_layernorm mlp.gate_proj mlp.up_proj mlp.down_proj",
    ),
    "model.norm",
    "lm_head",
]
RESNET = [
    "conv1",
    "bn1",
    *(
        name
        for stage, blocks in enumerate((3, 4, 6, 3), 1)
        for block in range(blocks)
        for name in numbered(f"layer{stage}.{block}", 1, BLOCK)
        + numbered(f"layer{stage}.{block}", block == 0, "downsample.0 downsample.1")
    ),
    "fc",
]
VIT = [
    "conv_proj",
    *numbered(
        "encoder.layers.encoder_layer_{}",
        12,
        "ln_1 self_attention.in_proj self_attention.out_proj ln_2 mlp.0 mlp.3",
    ),
    "encoder.ln",
    "heads.head",
]
UNET = [
    "conv_in",
    "time_embedding.linear_1",
    "time_embedding.linear_2",
    *numbered(
        "down_blocks.{}", 4, "resnets.0.conv1 resnets.0.conv2 resnets.1.conv1 resnets.1.conv2"
    ),
    *numbered("mid_block.resnets.{}", 2, "norm1 conv1 norm2 conv2"),
    *numbered(
        "up_blocks.{}", 4, "resnets.0.conv1 resnets.1.conv1 resnets.2.conv1 upsamplers.0.conv"
    ),
    "conv_out",
]
LSTM = ["embedding", "lstm", "dropout_norm", "decoder"]


def outline(names: list[str]) -> list[str]:
    """The labels of the outermost nodes, groups with their number of layers."""
    tree = layer_groups(names, range(len(names)))
    return [f"{n.label} ({len(n.rows)})" if isinstance(n, Group) else n.label for n in tree]


@pytest.mark.parametrize(
    ("names", "seen"),
    [
        (
            GPT2,
            [
                "transformer.wte",
                "transformer.wpe",
                "transformer.h.* (72)",
                "transformer.ln_f",
                "lm_head",
            ],
        ),
        (LLAMA, ["model.embed_tokens", "model.layers.* (720)", "model.norm", "lm_head"]),
        (
            RESNET,
            [
                "conv1",
                "bn1",
                "layer1.* (20)",
                "layer2.* (26)",
                "layer3.* (38)",
                "layer4.* (20)",
                "fc",
            ],
        ),
        (
            VIT,
            ["conv_proj", "encoder.layers.encoder_layer_* (72)", "encoder.ln", "heads.head"],
        ),
        (
            UNET,
            [
                "conv_in",
                "time_embedding.linear_1",
                "time_embedding.linear_2",
                "down_blocks.* (16)",
                "mid_block.resnets.* (8)",
                "up_blocks.* (16)",
                "conv_out",
            ],
        ),
        (LSTM, LSTM),
        (["fc1", "fc2", "fc3"], ["fc1", "fc2", "fc3"]),
        ([f"layer {i}" for i in range(1, 101)], ["layer * (100)"]),
        ([str(2 * i) for i in range(20)], ["* (20)"]),
    ],
)
def test_blocks_that_repeat_are_groups(names: list[str], seen: list[str]) -> None:
    assert outline(names) == seen


def test_many_members_are_in_ranges_and_layers_are_called_by_what_is_their_own() -> None:
    tree = layer_groups(LLAMA, range(len(LLAMA)))
    labels = [group.label for group in around(tree, LLAMA.index("model.layers.57.mlp.up_proj"))]
    assert labels == ["model.layers.*", "layers.55-59", "layers.57"]
    block = list(around(tree, 5))[-1]
    assert [member.label for member in block.members][1:3] == [
        "self_attn.q_proj",
        "self_attn.k_proj",
    ]
    assert block.base == "model.layers.0."


def test_names_that_alternate_are_put_together_by_their_place() -> None:
    names = [f"{kind}.{i}" for i in range(50) for kind in ("convs", "norms")]
    assert outline(names)[:2] == ["convs.0 … norms.4 (10)", "convs.5 … norms.9 (10)"]


def nodes(tree: tuple[Node, ...]) -> Iterator[Node]:
    for node in tree:
        yield node
        if isinstance(node, Group):
            yield from nodes(node.members)


PART = st.sampled_from(["", "0", "1", "2", "h", "layer1", "layer2", "a.b", "7"])
NAMES = st.lists(st.lists(PART, max_size=4).map(".".join), max_size=60)


@settings(max_examples=80, deadline=None)
@given(NAMES | st.lists(st.integers(0, 500).map(lambda n: f"net.{n}"), max_size=200), st.data())
def test_every_layer_is_in_one_place_and_in_order(names: list[str], data: st.DataObject) -> None:
    rows = sorted(data.draw(st.sets(st.sampled_from(range(len(names))) if names else st.nothing())))
    tree = layer_groups(names, rows)
    assert [row for node in tree for row in node.rows] == rows
    assert len(tree) <= MOST_LOOSE
    for node in nodes(tree):
        assert node.label or not names[node.rows[0]]
        if isinstance(node, Group):
            assert tuple(row for member in node.members for row in member.rows) == node.rows
            assert len(node.rows) > 1
            assert len(node.members) <= MOST_LOOSE
            assert all(
                names[row].startswith(node.base) or names[row] + "." == node.base
                for row in node.rows
            )


def test_a_name_of_ten_thousand_dots_is_no_reason_to_fail() -> None:
    names = ["a." * 10_000 + end for end in "xyz"]
    assert len(layer_groups(names, range(3))) == 3


def lines_of(tree: tuple[Node, ...], found: frozenset[str]) -> int:
    """Lines that the tree takes with these groups open."""
    return sum(
        1 + (lines_of(node.members, found) if isinstance(node, Group) and node.name in found else 0)
        for node in tree
    )


@pytest.mark.parametrize("names", [GPT2, LLAMA, RESNET, VIT, UNET])
@pytest.mark.parametrize("lines", [9, 22, 40, 10_000])
def test_as_much_is_open_as_there_are_lines_for(names: list[str], lines: int) -> None:
    tree = layer_groups(names, range(len(names)))
    used = lines_of(tree, opened(tree, lines, None))
    most = MOST + len(tree) + lines // 2
    assert lines // 2 <= used <= max(lines, most) or used == lines_of(
        tree, opened(tree, 10**6, None)
    )


def test_the_way_to_a_fault_is_opened_first() -> None:
    tree = layer_groups(LLAMA, range(len(LLAMA)))
    row = LLAMA.index("model.layers.57.mlp.up_proj")
    assert {group.name for group in around(tree, row)} <= opened(tree, 40, row)
    assert not {group.name for group in around(tree, row)} <= opened(tree, 40, None)
    assert lines_of(tree, opened(tree, 40, row)) <= 40
