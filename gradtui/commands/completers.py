"""What a shell offers for arguments that are no fixed choice: scenarios, recorded runs."""

import argparse
from collections.abc import Iterable

from gradtui.commands.settings import read_settings


def scenarios(parsed_args: argparse.Namespace, **others: object) -> Iterable[str]:
    """Names in the catalogue, with those of the folder that `--scenarios` names."""
    from gradtui.lab.scenario.catalogue import read_catalogue

    del others
    folder = read_settings(vars(parsed_args)).scenario_folder
    return list(read_catalogue(folder).scenarios)


def recorded(parsed_args: argparse.Namespace, **others: object) -> Iterable[str]:
    """Names of recorded runs, newest first."""
    from gradtui.runstore.files.run_folders import run_paths, runs_home

    del others
    return [path.name for path in run_paths(runs_home(read_settings(vars(parsed_args)).runs))]


def scenarios_and_recorded(parsed_args: argparse.Namespace, **others: object) -> Iterable[str]:
    del others
    return [*scenarios(parsed_args), *recorded(parsed_args)]
