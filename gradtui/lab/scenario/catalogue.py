"""Which scenarios there are: shipped ones, a person's own, and those of --scenarios."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from gradtui.core.errors import ScenarioError
from gradtui.core.paths import config_home, is_folder
from gradtui.core.text import did_you_mean, printable
from gradtui.lab.scenario.parse import load_scenario
from gradtui.lab.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Usable scenarios by name, in the order of the list, and what is wrong with the others."""

    scenarios: dict[str, Scenario] = field(default_factory=dict)
    broken: dict[str, ScenarioError] = field(default_factory=dict)

    def find(self, name: str) -> Scenario:
        """The scenario called `name`; a file's path (anything ending in .toml) works as well."""
        if name.endswith(".toml"):
            return load_scenario(Path(name))
        if name in self.broken:
            raise self.broken[name]
        if name in self.scenarios:
            return self.scenarios[name]
        hint = did_you_mean(name, [*self.scenarios, *self.broken])
        raise ScenarioError(
            f"there is no scenario '{printable(name)}'"
            + (hint or ": 'gradtui list' names those there are.")
        )


def shipped_folder() -> Path:
    """Inside the package where it was installed from a wheel, beside it in a source checkout."""
    package = Path(__file__).resolve().parents[2]
    checkout = package.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / "scenarios").is_dir():
        return checkout / "scenarios"
    return package / "scenarios"


def read_catalogue(extra: Path | None = None) -> Catalogue:
    """Everything there is. Of files of one name the later place wins: shipped, own, `extra`."""
    folders = [shipped_folder()]
    home = config_home()
    if home is not None:
        folders.append(home / "scenarios")
    if extra is not None:
        if not is_folder(extra):
            raise ScenarioError(
                f"{printable(str(extra))} is not a folder: give --scenarios one that holds .toml files."
            )
        folders.append(extra)
    return collect(folders)


def collect(folders: Iterable[Path]) -> Catalogue:
    """The scenarios of these folders; a folder that does not exist holds none."""
    found: dict[str, Scenario] = {}
    broken: dict[str, ScenarioError] = {}
    for folder in folders:
        for path in _files(folder, broken):
            found.pop(path.stem, None)
            broken.pop(path.stem, None)
            try:
                found[path.stem] = load_scenario(path)
            except ScenarioError as error:
                broken[path.stem] = error
    ordered = sorted(found.values(), key=lambda scenario: (scenario.order, scenario.name))
    return Catalogue({scenario.name: scenario for scenario in ordered}, broken)


def _files(folder: Path, broken: dict[str, ScenarioError]) -> list[Path]:
    try:
        names = [path for path in folder.iterdir() if path.suffix == ".toml"]
    except FileNotFoundError:
        return []
    except OSError as error:
        broken[str(folder)] = ScenarioError(
            f"{printable(str(folder))} cannot be read ({error.strerror or error})."
        )
        return []
    return sorted(path for path in names if not path.name.startswith("."))
