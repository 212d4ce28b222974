"""What is imported for a screen is left out of garbage collections."""

import subprocess
import sys

SCRIPT = """
import gc
from gradtui.core.collection import without_collections
seen = []
gc.callbacks.append(lambda phase, about: seen.append(phase))
with without_collections():
    assert not gc.isenabled()
    import textual.app
assert gc.isenabled()
print(len(seen), gc.get_freeze_count() > 50_000, len(gc.get_objects()) < 5_000)
{after}
"""


def said(after: str = "") -> str:
    script = SCRIPT.format(after=after)
    run = [sys.executable, "-c", script]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()


def test_none_comes_while_modules_are_imported_and_these_have_settled() -> None:
    assert said() == "0 True True"


def test_what_is_made_later_is_collected() -> None:
    after = """
import weakref
class Ring: pass
ring = Ring(); ring.ring = ring
known = weakref.ref(ring)
del ring
gc.collect()
print(known() is None)
"""
    assert said(after).endswith("True")


def test_one_that_was_off_stays_off() -> None:
    after = """
gc.disable()
with without_collections():
    pass
print(gc.isenabled())
gc.unfreeze()
"""
    assert said(after).endswith("False")
