"""Command lines without the secrets in them. They are shown, stored and sent on to other people."""

import re
from collections.abc import Sequence

MASK = "***"

ALWAYS = frozenset(
    (
        *("password", "passwd", "passphrase", "passcode", "pwd", "secret", "secrets", "auth"),
        *("credential", "credentials", "bearer", "authorization", "apikey", "authkey", "accesskey"),
        *("secretkey", "privatekey", "authtoken", "accesstoken", "apitoken", "pat", "sas", "dsn"),
    )
)
"""Last words of a name whose value is a secret whatever stands before them."""
TOKENS = frozenset(
    (
        *(
            "pad",
            "padding",
            "eos",
            "bos",
            "unk",
            "unknown",
            "mask",
            "sep",
            "cls",
            "class",
            "special",
        ),
        *("image", "video", "audio", "speech", "vision", "start", "end", "stop", "begin", "prefix"),
        *("suffix", "middle", "newline", "boundary", "think", "tool", "separator", "placeholder"),
        *(
            "decoder",
            "per",
            "num",
            "max",
            "min",
            "register",
            "sink",
            "first",
            "last",
            "next",
            "add",
        ),
        *(
            "blank",
            "fim",
            "instruction",
            "response",
            "system",
            "user",
            "assistant",
            "space",
            "turn",
        ),
    )
)
"""Words before "token" that make it one of a vocabulary."""
KEYS = frozenset(
    (
        *(
            "sort",
            "image",
            "label",
            "text",
            "dict",
            "primary",
            "public",
            "foreign",
            "group",
            "metric",
        ),
        *("data", "dataset", "input", "inputs", "output", "outputs", "target", "query", "prompt"),
        *("caption", "question", "answer", "monitor", "feature", "features", "column", "field"),
        *(
            "state",
            "checkpoint",
            "ckpt",
            "loss",
            "partition",
            "cache",
            "prng",
            "rng",
            "batch",
            "join",
        ),
        *("attention", "attn", "cross", "message", "messages", "conversation", "response", "index"),
        *(
            "completion",
            "chosen",
            "rejected",
            "video",
            "audio",
            "instruction",
            "id",
            "split",
            "model",
        ),
        *(
            "param",
            "weight",
            "weights",
            "hot",
            "lookup",
            "hash",
            "routing",
            "config",
            "best",
            "score",
        ),
        *(
            "reward",
            "step",
            "epoch",
            "random",
            "content",
            "role",
            "source",
            "document",
            "row",
            "name",
        ),
        *(
            "mask",
            "depth",
            "action",
            "obs",
            "observation",
            "graph",
            "node",
            "edge",
            "example",
            "val",
        ),
    )
)
"""Words before "key" that make it one of a table."""

NAME = r"[A-Za-z_][A-Za-z0-9_.\-]*"
_FLAG = re.compile(rf"(--?)({NAME})")
_ASSIGNED = re.compile(rf"([+~]*-{{0,2}})({NAME})=(.+)", re.DOTALL)
_NEXT_FLAG = re.compile(r"--?[A-Za-z]")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_URL = re.compile(r"(?<=://)([^/\s:@'\"]*):([^/\s@'\"]+)(?=@)")
_URL_USER = re.compile(r"(?<=https://)([^/\s:@'\"]{16,})(?=@)")
_QUERY = re.compile(rf"(?<=[?&])({NAME})=([^&#\s'\"]+)")
_QUOTED = re.compile(rf"([\"'])({NAME})\1(\s*:\s*)([\"'])(.*?)\4", re.DOTALL)
_BEARER = re.compile(
    r"(?i)\b(bearer|authorization\s*[:=]\s*[\"']?\w+)(\s+)([A-Za-z0-9+/=._~\-]{8,})"
)
_WORDS = re.compile(r"(\s+)")
_KNOWN = re.compile(
    r"\b(?:hf_[A-Za-z0-9]{20,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}"
    r"|glpat-[A-Za-z0-9_\-]{16,}|sk-[A-Za-z0-9_\-]{20,}|xox[abprs]-[A-Za-z0-9\-]{10,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_\-]{30,}"
    r"|eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]+)"
)
"""What well-known services' tokens begin with."""


def is_secret(name: str) -> bool:
    """Whether what is called so is kept from others: "token", "wandb-key", "HF_TOKEN", "apiKey"; not
    "tokenizer", "pad_token", "max-tokens", "sort-key" or "key-padding-mask"."""
    words = [word.lower() for word in _PARTS.findall(name)]
    if not words:
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in ALWAYS:
        return True
    if last == "token":
        return before not in TOKENS
    return last == "key" and before not in KEYS


def masked(command: Sequence[str]) -> tuple[str, ...]:
    """A command line with every secret's value as MASK: of options (`--token x`, `--token=x`),
    assignments (`HF_TOKEN=x`), addresses (`https://user:x@host`), and what looks like a token."""
    out: list[str] = []
    due = False
    for word in command:
        if due and not _NEXT_FLAG.match(word):
            out.append(MASK)
            due = False
            continue
        out.append(_masked_word(word))
        flag = _FLAG.fullmatch(word)
        due = flag is not None and is_secret(flag[2])
    return tuple(out)


def _masked_word(word: str) -> str:
    """One word of a command line; a whole line of a shell may be in it."""
    if _WORDS.search(word):
        return _masked_text(word)
    assigned = _ASSIGNED.fullmatch(word)
    if assigned is not None:
        before, name, value = assigned.groups()
        value = MASK if is_secret(name) else _masked_inside(value)
        return f"{before}{name}={value}"
    return _masked_inside(word)


def _masked_text(text: str) -> str:
    words = _WORDS.split(text)
    words[::2] = masked(words[::2])
    return _masked_inside("".join(words))


def _masked_inside(text: str) -> str:
    """Without what gives itself away wherever it stands."""
    text = _URL.sub(rf"\1:{MASK}", text)
    text = _URL_USER.sub(MASK, text)
    text = _QUERY.sub(lambda m: f"{m[1]}={MASK if is_secret(m[1]) else m[2]}", text)
    text = _QUOTED.sub(_quoted, text)
    text = _BEARER.sub(rf"\1\2{MASK}", text)
    return _KNOWN.sub(MASK, text)


def _quoted(found: re.Match[str]) -> str:
    if not is_secret(found[2]):
        return found[0]
    return f"{found[1]}{found[2]}{found[1]}{found[3]}{found[4]}{MASK}{found[4]}"
