"""Secrets on command lines: masked wherever they can stand, and nothing else is."""

import pytest

from gradtui.core.secrets import MASK, is_secret, masked


@pytest.mark.parametrize(
    "name",
    [
        *("token", "key", "api-key", "apikey", "apiKey", "api_key", "password", "passwd", "secret"),
        *("access-token", "auth", "wandb-key", "HF_TOKEN", "WANDB_API_KEY", "hub_token", "KEY"),
        *("AWS_SECRET_ACCESS_KEY", "Password", "client-secret", "logger.wandb.api_key", "HFToken"),
        *("use-auth-token", "db-pwd", "ssh-private-key", "openaiApiKey", "push_to_hub_token"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("tokenizer", "max-tokens", "tokens", "key-padding-mask", "num-keys", "keys", "monkey"),
        *(
            "pad_token",
            "eos-token",
            "special-token",
            "num-token",
            "sort-key",
            "image_key",
            "author",
        ),
        *("data.label_key", "state-dict-key", "secretary", "authors", "tokenizer-name", "keyframe"),
        *("token-dropout", "password-file", "lr", "", "-", "9", "public-key", "prng_key", "compat"),
    ],
)
def test_names_of_other_things(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--token", "abc"], ["--token", MASK]),
        (["--token=abc"], [f"--token={MASK}"]),
        (["--Api-Key", "a b", "x"], ["--Api-Key", MASK, "x"]),
        (["-password", "p"], ["-password", MASK]),
        (["--use-auth-token", "--lr", "3"], ["--use-auth-token", "--lr", "3"]),
        (["--token"], ["--token"]),
        (["--token", "--secret", "s"], ["--token", "--secret", MASK]),
        (["env", "A=b", "HF_TOKEN=hush", "python"], ["env", "A=b", f"HF_TOKEN={MASK}", "python"]),
        (["++wandb.api_key=hush", "lr=1"], [f"++wandb.api_key={MASK}", "lr=1"]),
        (["--secret=a=b"], [f"--secret={MASK}"]),
        (["--repo", "https://me:hush@host/x"], ["--repo", f"https://me:{MASK}@host/x"]),
        (["--repo=postgres://me:hush@host"], [f"--repo=postgres://me:{MASK}@host"]),
        (["https://host/x?a=1&token=hush&b=2"], [f"https://host/x?a=1&token={MASK}&b=2"]),
        (
            ["sh", "-c", "A_TOKEN=hush run --key hush\n"],
            ["sh", "-c", f"A_TOKEN={MASK} run --key {MASK}\n"],
        ),
        (["--config", '{"token": "hush", "n": 1}'], ["--config", f'{{"token": "{MASK}", "n": 1}}']),
        (["-H", "Authorization: Bearer hushhush1"], ["-H", f"Authorization: Bearer {MASK}"]),
        (["login", "hf_" + "a1" * 17], ["login", MASK]),
        (["--password", ""], ["--password", MASK]),
    ],
)
def test_command_lines(words: list[str], shown: list[str]) -> None:
    assert list(masked(words)) == shown


@pytest.mark.parametrize(
    "words",
    [
        ["python", "train.py", "--tokenizer", "gpt2", "--max-tokens", "512", "--num-keys", "4"],
        ["python", "-m", "trl", "--key-padding-mask", "left", "--pad_token", "<pad>", "-p", "8080"],
        ["torchrun", "--nproc-per-node=2", "train.py", "+data.image_key=pixels", "a@b", "x:y@z"],
        ["python", "-c", "import torch; key = 3; print({'token': 3})"],
        ["git", "clone", "ssh://git@github.com/a/b", "https://github.com/a/b?tab=keys"],
        ["", " ", "=", "--", "-", "--=x", "\udcff"],
    ],
)
def test_what_is_no_secret_stays(words: list[str]) -> None:
    assert list(masked(words)) == words


def test_masking_twice_is_masking_once() -> None:
    words = ["--token", "abc", "K_TOKEN=x", "https://a:b@c", "sh -c '--key x'"]
    assert masked(masked(words)) == masked(words)
