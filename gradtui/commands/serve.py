"""Show the app in a browser on this machine.

examples:
  gradtui serve attach                    the newest run, live
  gradtui serve --port 8001 launch deep_sigmoid
  gradtui serve replay train@last --speed 10
  gradtui serve runs                      the list of runs, with all that its keys do

Open the address that it prints: it has a token in it, without which nothing is shown. Everybody
who opens it gets a screen of his own; several may watch one live run. Ctrl+C ends it, and with it
every screen; a training that they watch goes on. From another machine:
ssh -L 8000:127.0.0.1:8000 HOST, and the same address there.

It listens on this machine alone, unless --host says otherwise. It needs textual-serve:
python -m pip install 'gradtui[serve]'.
"""

import argparse
import os
import secrets
import shlex
import signal
import socket
from collections.abc import Iterable, Mapping
from importlib.util import find_spec

from gradtui.commands.completers import recorded, scenarios
from gradtui.commands.output import say, warn
from gradtui.commands.settings import OFF, Settings
from gradtui.commands.shell import offering
from gradtui.core.errors import UsageError
from gradtui.core.text import printable
from gradtui.lab.scenario.values import documented

SETTINGS = (
    "device",
    "seed",
    "fps",
    "theme",
    "ascii",
    "charts",
    "color",
    "bell",
    "scenarios",
    "runs",
)
SHOWN = ("launch", "attach", "replay", "runs")
"""What a browser may show. Others would do something each time that somebody opens the page."""
HOST, PORT = "127.0.0.1", 8000
OPEN = (
    "whoever has this address and reaches this machine sees the runs, can hold training, can end it, "
    "and from the list can delete runs; what goes over the network is not encrypted"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", default=HOST, metavar="ADDRESS", help=f"to listen at (default: {HOST})"
    )
    parser.add_argument(
        "--port", type=port, default=PORT, metavar="N", help=f"default: {PORT}; 0: any that is free"
    )
    offering(
        parser.add_argument(
            "command", nargs=argparse.REMAINDER, metavar="COMMAND...", help=", ".join(SHOWN)
        ),
        offered,
    )


def offered(parsed_args: argparse.Namespace, **others: object) -> Iterable[str]:
    """What may be shown, and then of what."""
    words = getattr(parsed_args, "command", None) or []
    if not words:
        return SHOWN
    completer = {"launch": scenarios, "attach": recorded, "replay": recorded}.get(words[0])
    return completer(parsed_args, **others) if completer is not None else ()


def port(word: str) -> int:
    """0 to 65535."""
    if word.isascii() and word.isdecimal() and len(word) < 6 and int(word) < 1 << 16:
        return int(word)
    raise argparse.ArgumentTypeError(f"must be 0 to 65535, not {word!r}")


def run(args: argparse.Namespace, settings: Settings) -> int:
    words = args.command[1:] if args.command[:1] == ["--"] else args.command
    refuse_others(words)
    if find_spec("textual_serve") is None:
        raise UsageError("serve needs textual-serve: python -m pip install 'gradtui[serve]'.")
    listening = listen(args.host, args.port)
    from gradtui.commands.web.guard import Guard, names_of
    from gradtui.commands.web.server import Server, serve
    from gradtui.commands.web.viewer import environment

    token = secrets.token_urlsafe(24)
    env = environment(os.environ, as_variables(settings))
    server = Server(words, env, Guard(token, names_of(args.host)))
    address = f"http://{shown_host(args.host)}:{listening.getsockname()[1]}/?token={token}"
    if not on_this_machine(listening):
        warn(OPEN)

    def ready() -> None:
        say(f"gradtui {printable(shlex.join(words))} is at {address}")
        say("Ctrl+C ends it")

    number = serve(server, listening, ready)
    return 0 if number == signal.SIGINT else 128 + number


def refuse_others(words: list[str]) -> None:
    """Raises UsageError unless `words` begin with what can be shown."""
    if not words:
        raise UsageError(f"name what to show: gradtui serve attach (it shows {', '.join(SHOWN)}).")
    if words[0] not in SHOWN:
        shown = ", ".join(SHOWN)
        raise UsageError(f"serve cannot show '{printable(words[0])}': it shows {shown}.")


def listen(host: str, number: int) -> socket.socket:
    """A socket that listens there. Raises UsageError where that cannot be."""
    where = f"{printable(host)}, port {number}"
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host.strip("[]") or None, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen()
        except BaseException:
            listening.close()
            raise
    except (OSError, UnicodeError) as error:
        why = printable(getattr(error, "strerror", None) or "no such address")
        raise UsageError(f"it cannot listen at {where} ({why}); see --host and --port.") from None
    return listening


def on_this_machine(listening: socket.socket) -> bool:
    """Whether nobody else can reach it."""
    host: str = listening.getsockname()[0]
    return host == "::1" or host.startswith("127.")


def shown_host(host: str) -> str:
    """As it stands in an address."""
    from gradtui.commands.web.guard import ANYWHERE

    host = host.strip("[]")
    if host in ANYWHERE:
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host


def as_variables(settings: Settings) -> Mapping[str, str]:
    """Settings as the variables that say the same: a viewer's process has them, unless its own flags say
    otherwise."""
    out = {}
    for item in documented(Settings):
        value = getattr(settings, item.name)
        if value is None or value == "":
            continue
        word = str(int(value)) if isinstance(value, bool) else str(value)
        out[f"GRADTUI_{item.name.upper()}"] = OFF if word == "inf" else word
    return out
