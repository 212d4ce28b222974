"""The data sets of the lab, by name: each file of sets/ is one, called as the file is."""

import importlib
import pkgutil

from gradtui.lab.data import sets
from gradtui.lab.data.data_set import DataSet

_NAMES = sorted(module.name for module in pkgutil.iter_modules(sets.__path__))
DATA: dict[str, DataSet] = {
    name: importlib.import_module(f"{sets.__name__}.{name}").DATA_SET for name in _NAMES
}
