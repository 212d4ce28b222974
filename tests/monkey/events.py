"""Three hundred things that can happen to a program on a terminal, drawn from a seed."""

import random
from dataclasses import dataclass
from typing import Literal

ESC = "\x1b"
NAMED = {
    "up": "[A",
    "down": "[B",
    "right": "[C",
    "left": "[D",
    "home": "[H",
    "end": "[F",
    "pageup": "[5~",
    "pagedown": "[6~",
    "delete": "[3~",
    "insert": "[2~",
    "shift+tab": "[Z",
    "shift+left": "[1;2D",
    "shift+right": "[1;2C",
    "ctrl+up": "[1;5A",
    "f1": "OP",
    "f5": "[15~",
    "alt+x": "x",
}
KEYS = [
    *"nnpsrRxce+-.. [[]]{{}}0aakjgGhl/oytvf?123456789",
    *"bdimuwzABZ@#~,;:!PPF",
    *("\r", "\t", ESC, ESC, ESC, "\x7f", "\x10", "\x10", "\x1a"),  # enter, tab, ctrl+p, ctrl+z
    *("\x01", "\x05", "\x08", "\x0b", "\x15", "\x17", "\x04", "\x1c", "\x00"),
    *(ESC + rest for rest in NAMED.values()),
    *(ESC + NAMED[name] for name in ("up", "down", "pageup", "pagedown", "home", "end")),
]
"""All that is bound, often what moves, some that is not bound; none that asks for the end."""
BROKEN = [
    b"\xff",
    b"\xc3",
    b"\xe2\x82",
    b"caf\xe9",
    b"\xf0\x9f\x98\x80",
    b"\x1b[",
    b"\x1b[<",
    b"\x1b[<0;5",
    b"\x1bO",
    b"\x1b]0;title",
    b"\x1b[1114112u",
    b"\x1b[97;2:3u",
    b"\x1b[200~",
    b"\x1b[201~",
    b"\x1b[?2026;2$y",
    b"\x1b[?1;2c",
    b"\x1b[12;40R",
    b"\x1b\x1b\x1b",
    b"\x1b[" + b"1;" * 40,
]
"""What line noise, other encodings, half sequences and answers to others' questions look like."""

SCREENS = ["?", "\x10", "\x10", "s", "x", "v", "f", "\r", "/", "q"]
"""What lays a screen over the others, or asks something."""
PASTED = [
    *"layers.0 bias\n\r\t[]{}é漢😀\x00\x07",
    *(
        "\x1b[31m",
        "\x1b[A",
        "\x1b[<0;5;5M",
        "\x1b]0;t\x07",
        "\x1b[?1049l",
        "\x1b[200~",
        "\x1b",
        "\x1a",
    ),
]

Kind = Literal["type", "resize", "stop", "wait"]
Size = tuple[int, int]


@dataclass(frozen=True)
class Event:
    """`data` is typed. `sizes` are the terminal's one after the other, for "stop" while it is
    stopped."""

    kind: Kind
    data: bytes = b""
    sizes: tuple[Size, ...] = ()


def events(seed: int, count: int) -> list[Event]:
    """The same for the same seed."""
    chance = random.Random(seed)
    return [_event(chance) for _ in range(count)]


def _event(chance: random.Random) -> Event:
    what = chance.choices(
        ["key", "burst", "scene", "mouse", "paste", "focus", "broken", "resize", "stop", "wait"],
        [44, 5, 8, 20, 4, 2, 5, 5, 2, 5],
    )[0]
    match what:
        case "key":
            return Event("type", chance.choice(KEYS).encode())
        case "burst":
            keys = [key for key in KEYS if key != "\x1a"]
            return Event("type", "".join(chance.choices(keys, k=chance.randint(2, 4))).encode())
        case "scene":
            return Event("type", _scene(chance))
        case "mouse":
            return Event("type", _mouse(chance))
        case "paste":
            words = "".join(chance.choices(PASTED, k=chance.randint(0, 300)))
            return Event("type", f"{ESC}[200~{words}{ESC}[201~".encode())
        case "focus":
            return Event("type", chance.choice([b"\x1b[I", b"\x1b[O"]))
        case "broken":
            return Event("type", chance.choice(BROKEN))
        case "resize":
            storm = chance.randint(5, 20) if chance.random() < 0.15 else 1
            return Event("resize", sizes=tuple(_size(chance) for _ in range(storm)))
        case "stop":
            return Event("stop", sizes=(_size(chance),) if chance.random() < 0.5 else ())
        case _:
            return Event("wait")


def _scene(chance: random.Random) -> bytes:
    """What people do at once: hold and scrub, look for a command and leaf, open and click beside."""
    match chance.choice(["scrub", "leaf", "beside"]):
        case "scrub":
            told = " " + "".join(chance.choices("[]{}0.", k=chance.randint(1, 8)))
        case "leaf":
            moves = [
                ESC + NAMED[name] for name in ("pageup", "pagedown", "home", "end", "up", "down")
            ]
            words = chance.choice(["", "", "t", "th", "zzz", "\x7f"])
            told = chance.choice(SCREENS) + words + "".join(chance.choices(moves, k=3))
        case _:
            x, y = chance.choice([(1, 1), (2, 10), (99, 29), (chance.randint(1, 150), 2)])
            click = f"{ESC}[<0;{x};{y}M{ESC}[<0;{x};{y}m"
            told = chance.choice(SCREENS) + click * chance.randint(2, 3)
    return told.encode()


def _size(chance: random.Random) -> Size:
    known = [
        (1, 1),
        (2, 2),
        (39, 11),
        (40, 12),
        (80, 24),
        (120, 24),
        (140, 45),
        (200, 60),
        (300, 100),
        (300, 1),
        (1, 100),
    ]
    return chance.choice([*known, (chance.randint(1, 160), chance.randint(1, 50))])


def _mouse(chance: random.Random) -> bytes:
    """Clicks, double clicks, drags, wheels, moves; some of them outside of the screen."""
    x, y = chance.randint(1, 150), chance.randint(1, 48)
    button = chance.choice([0, 0, 0, 1, 2])
    more = chance.choice([0, 0, 0, 4, 8, 16])

    def one(code: int, x: int, y: int, up: bool = False) -> str:
        return f"{ESC}[<{code + more};{x};{y}{'m' if up else 'M'}"

    match chance.choice(["click", "click", "double", "drag", "wheel", "move", "half"]):
        case "click":
            told = one(button, x, y) + one(button, x, y, True)
        case "double":
            told = (one(button, x, y) + one(button, x, y, True)) * chance.randint(2, 4)
        case "drag":
            to = (chance.randint(1, 150), chance.randint(1, 48))
            told = one(button, x, y) + one(button + 32, *to) + one(button, *to, True)
        case "wheel":
            told = one(chance.choice([64, 65, 66, 67]), x, y) * chance.randint(1, 5)
        case "move":
            told = one(35, x, y)
        case _:
            told = one(button, x, y, chance.random() < 0.5)
    return told.encode()
