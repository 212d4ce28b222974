"""What is run first in a process that is attached to: a few lines that the main thread is done with in
less than a millisecond, and that raise nothing."""

import json
from dataclasses import asdict, dataclass

from gradtui.runstore.format.attach_json import NAME

OLDEST = (3, 11)
INNER = """\
import os, sys, time
directory, file = {directory!r}, {file!r}
if file:
    try:
        os.unlink(file)
    except OSError:
        pass
def answer(why):
    beside = os.path.join(directory, ".{name}.%d.new" % os.getpid())
    text = '{{"schema": 1, "state": "refused", "why": "%s"}}' % "".join(
        c for c in why[:500] if c.isascii() and c.isprintable() and c not in '"\\\\\\\\')
    out = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    os.write(out, text.encode())
    os.close(out)
    os.rename(beside, os.path.join(directory, "{name}"))
def carry():
    try:
        if sys.version_info < {oldest!r}:
            here = "Python %d.%d" % sys.version_info[:2]
            raise RuntimeError("it runs " + here + ", and gradtui needs {least} or later")
        if "torch" not in sys.modules:
            raise RuntimeError("it has not imported torch")
        if "gradtui" not in sys.modules:
            from importlib.util import module_from_spec, spec_from_file_location
            home = {package!r}
            spec = spec_from_file_location(
                "gradtui", os.path.join(home, "__init__.py"), submodule_search_locations=[home])
            module = module_from_spec(spec)
            sys.modules["gradtui"] = module
            try:
                spec.loader.exec_module(module)
            except BaseException:
                del sys.modules["gradtui"]
                raise
        from gradtui.inject.attachment import begin
        import json
        begin(**json.loads({wish!r}))
    except BaseException as error:
        why = str(error) if type(error) is RuntimeError else "%s: %s" % (type(error).__name__, error)
        try:
            answer(why)
        except BaseException:
            pass
if time.time() < {deadline!r}:
    import _thread
    _thread.start_new_thread(carry, ())
"""
"""In a namespace of its own. `_thread`: programs count threads of `threading`, or wait for them."""
OUTER = """\
try:
    __import__("builtins").exec(bytes.fromhex("{text}"), {{"__name__": "gradtui.first_words"}})
except KeyboardInterrupt:
    __import__("_thread").interrupt_main()
except BaseException:
    pass
"""
"""In the program's `__main__`: no name of it is bound. Ctrl+C that comes just then is the program's."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How a process is to be recorded, as `gradtui run` would."""

    directory: str
    overhead: float = 0.03
    autopsy: bool = True
    catch_nan: bool = False
    deadline: float = 0.0
    """Seconds since 1970 after which nothing is to be begun any more."""


def first_words(wish: Wish, package: str, file: str = "") -> str:
    """Python source, ASCII; `package` is where gradtui lies, `file` the one that it is read from, if any: it
    is removed."""
    inner = INNER.format(
        directory=wish.directory,
        file=file,
        name=NAME,
        oldest=OLDEST,
        least=".".join(map(str, OLDEST)),
        package=package,
        wish=json.dumps(asdict(wish)),  # an infinite overhead has no literal in Python
        deadline=wish.deadline,
    )
    return OUTER.format(text=inner.encode().hex())
