"""Print a completion script for a shell.

examples:
  gradtui completion bash > ~/.local/share/bash-completion/completions/gradtui
  gradtui completion zsh > "${fpath[1]}/_gradtui"
  gradtui completion fish > ~/.config/fish/completions/gradtui.fish

The script knows commands and options by itself, and asks 'gradtui list --names' for scenarios.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from gradtui.commands.output import say
from gradtui.commands.settings import Settings

SETTINGS: tuple[str, ...] = ()
TAKES_SCENARIOS = "scenario"
"""The name of the positional argument, in any verb, whose values are scenarios."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option as a shell completes it. `values` are the words that may follow, if known."""

    flags: tuple[str, ...]
    help: str
    takes_value: bool
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verb:
    name: str
    help: str
    options: tuple[Option, ...]
    scenarios: bool
    values: tuple[str, ...] = ()
    """What its positional argument may be, where that is a fixed choice."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=tuple(SCRIPTS), metavar="bash|zsh|fish")


def run(args: argparse.Namespace, settings: Settings) -> int:
    say(SCRIPTS[args.shell](list(verbs(args.whole))))
    return 0


def verbs(parser: argparse.ArgumentParser) -> Iterator[Verb]:
    """What the parser takes, verb by verb; the first has no name and stands for none."""
    yield _verb("", "", parser)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, verb in action.choices.items():
                yield _verb(name, helps.get(name, ""), verb)


def _verb(name: str, words: str, parser: argparse.ArgumentParser) -> Verb:
    options, scenarios = [], False
    values: tuple[str, ...] = ()
    for action in parser._actions:
        if action.option_strings:
            options.append(_option(action))
        elif action.dest == TAKES_SCENARIOS:
            scenarios = True
        elif action.choices is not None and action.nargs != argparse.PARSER:
            values = tuple(str(choice) for choice in action.choices)
    return Verb(name, words.replace("%%", "%"), tuple(options), scenarios, values)


def _option(action: argparse.Action) -> Option:
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    values = tuple(str(c) for c in action.choices or ()) or tuple(metavar.split("|"))
    takes_value = action.nargs != 0
    return Option(
        tuple(action.option_strings),
        action.help or "",
        takes_value,
        values if takes_value and len(values) > 1 else (),
    )


def bash(found: list[Verb]) -> str:
    """A function that fills COMPREPLY, and its registration."""
    names = " ".join(verb.name for verb in found if verb.name)
    cases: list[str] = []
    values: dict[str, tuple[str, ...]] = {}
    for verb in found:
        words = " ".join(flag for option in verb.options for flag in option.flags)
        more = " ".join(verb.values) or ("" if verb.name else names)
        scenarios = " $(gradtui list --names 2>/dev/null)" if verb.scenarios else ""
        cases.append(f'        "{verb.name}") words="{more}{scenarios} {words}" ;;')
        values |= {f: o.values for o in verb.options if o.takes_value for f in o.flags}
    follow = [
        f'        {flag}) COMPREPLY=($(compgen -W "{" ".join(words)}" -- "$word")); return ;;'
        for flag, words in values.items()
        if words
    ]
    files = "|".join(flag for flag, words in values.items() if not words)
    return "\n".join(
        [
            "# bash completion for gradtui",
            "_gradtui() {",
            '    local word="${COMP_WORDS[COMP_CWORD]}" verb="" words="" i',
            '    case "${COMP_WORDS[COMP_CWORD-1]}" in',
            *follow,
            f"        {files}) COMPREPLY=(); return ;;",
            "    esac",
            "    for ((i = 1; i < COMP_CWORD; i++)); do",
            '        case "${COMP_WORDS[i]}" in',
            f'            {names.replace(" ", "|")}) verb="${{COMP_WORDS[i]}}"; break ;;',
            "        esac",
            "    done",
            '    case "$verb" in',
            *cases,
            "    esac",
            '    COMPREPLY=($(compgen -W "$words" -- "$word"))',
            "}",
            "complete -o default -F _gradtui gradtui",
        ]
    )


def zsh(found: list[Verb]) -> str:
    """An autoloaded `_arguments` completion."""
    lines = ["#compdef gradtui", "_gradtui_scenarios() {"]
    lines += ['    compadd -- ${(f)"$(gradtui list --names 2>/dev/null)"}', "}", "_gradtui() {"]
    lines += ["    local line state", "    _arguments -C \\"]
    lines += [f"        {_zsh_option(option)} \\" for option in found[0].options]
    lines += ["        '1: :->verb' '*:: :->rest'", "    case $state in", "    verb)"]
    described = " ".join(_quoted(f"{v.name}:{v.help}") for v in found if v.name)
    lines += [f"        local -a verbs=({described})", "        _describe command verbs ;;"]
    lines += ["    rest)", "        case $line[1] in"]
    for verb in found[1:]:
        lines += [f"        {verb.name}) _arguments \\"]
        lines += [f"            {_zsh_option(option)} \\" for option in verb.options]
        if verb.scenarios:
            lines += ["            '*:scenario:_gradtui_scenarios' ;;"]
        elif verb.values:
            lines += [f"            '1:value:({' '.join(verb.values)})' ;;"]
        else:
            lines += ["            ;;"]
    return "\n".join([*lines, "        esac ;;", "    esac", "}", '_gradtui "$@"'])


def _zsh_option(option: Option) -> str:
    words = option.help.replace("[", "(").replace("]", ")").replace(":", " -")
    value = ""
    if option.takes_value:
        value = f":value:({' '.join(option.values)})" if option.values else ":value:_files"
    return " ".join(_quoted(f"{flag}[{words}]{value}") for flag in option.flags)


def fish(found: list[Verb]) -> str:
    """One `complete` command an option."""
    names = " ".join(verb.name for verb in found if verb.name)
    lines = ["# fish completion for gradtui", "complete -c gradtui -f"]
    for verb in found:
        if verb.name:
            when = f"__fish_seen_subcommand_from {verb.name}"
            start = f"complete -c gradtui -n '__fish_use_subcommand' -a {verb.name}"
            lines.append(f"{start} -d {_quoted(verb.help)}")
        else:
            when = f"not __fish_seen_subcommand_from {names}"
        if verb.scenarios:
            lines.append(f"complete -c gradtui -n '{when}' -a '(gradtui list --names 2>/dev/null)'")
        if verb.values:
            lines.append(f"complete -c gradtui -n '{when}' -a '{' '.join(verb.values)}'")
        lines += [f"complete -c gradtui -n '{when}' {_fish_option(o)}" for o in verb.options]
    return "\n".join(lines)


def _fish_option(option: Option) -> str:
    flags = [f"-l {f[2:]}" if f.startswith("--") else f"-s {f[1:]}" for f in option.flags]
    value = ""
    if option.takes_value:
        value = f" -x -a '{' '.join(option.values)}'" if option.values else " -r -F"
    return f"{' '.join(flags)}{value} -d {_quoted(option.help)}"


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "'\\''") + "'"


SCRIPTS = {"bash": bash, "zsh": zsh, "fish": fish}
