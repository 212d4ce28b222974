"""Print a completion script for a shell.

examples:
  gradtui completion bash > ~/.local/share/bash-completion/completions/gradtui
  gradtui completion zsh > "${fpath[1]}/_gradtui"
  gradtui completion fish > ~/.config/fish/completions/gradtui.fish

The script asks gradtui itself what may follow: commands, options, scenarios, recorded runs.
"""

import argparse

from gradtui.commands.output import say
from gradtui.commands.settings import Settings

SETTINGS: tuple[str, ...] = ()
SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="|".join(SHELLS))


def run(args: argparse.Namespace, settings: Settings) -> int:
    from argcomplete.shell_integration import shellcode  # asked for once in a shell's life

    del settings
    say(shellcode(["gradtui"], shell=args.shell).strip())
    return 0
