"""Fetches a Prometheus with promtool, and vmagent, for the tests that use them: python -m tests.receivers

They are packages of a newer Debian than most machines run. This machine's own apt-get fetches them from the
mirror that it uses, and checks them by its keyring; they are unpacked into build/receivers, and nothing is
installed. Elsewhere put `prometheus`, `promtool` and `vmagent` on the path, or name the first and the last in
TEST_PROMETHEUS and TEST_VMAGENT. rotel is a package for pip: python -m pip install rotel==0.0.1a15
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.receivers.prometheus import FETCHED

SUITE = "trixie"
PACKAGES = ("prometheus", "promtool", "victoria-metrics")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
INTO = FETCHED.parents[2]
TARGETS = "$(ORIGIN) $(SITE) $(COMPONENT) $(CREATED_BY)"


def mirror() -> str:
    """Where this machine gets Debian from; "" where it does not."""
    asked = ["apt-get", "indextargets", "--format", TARGETS]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    return next(
        (row[1] for row in rows if row[0] == "Debian" and row[2:] == ["main", "Packages"]), ""
    )


def fetch(site: str, folder: Path) -> list[Path]:
    """The packages, in `folder`, which holds all that apt writes. Raises CalledProcessError."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    sources = folder / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {site} {SUITE} main\n")
    options = {
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "-",
        "Dir::State": folder,
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",  # another user could not write into the folder
    }
    apt = ["apt-get", "-q", *(f"-o{name}={value}" for name, value in options.items())]
    subprocess.run([*apt, "update"], check=True, cwd=folder)
    subprocess.run([*apt, "download", *PACKAGES], check=True, cwd=folder)
    return sorted(folder.glob("*.deb"))


def main() -> int:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None or not KEYRING.exists():
        print(__doc__, file=sys.stderr)
        return 1
    site = mirror()
    if not site:
        print("This machine gets no packages of Debian.", __doc__, file=sys.stderr, sep="\n")
        return 1
    INTO.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        for package in fetch(site, Path(name)):
            subprocess.run(["dpkg-deb", "--extract", package, INTO], check=True)
    programs = [FETCHED, FETCHED.with_name("promtool"), FETCHED.with_name("vmagent")]
    print(*programs, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
