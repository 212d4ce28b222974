# Several errors at once, with a cause and a note.
from training import train

train(10)
try:
    int("x")
except ValueError as error:
    group = ExceptionGroup("several", [error, KeyError("k")])
    group.add_note("a note")
    raise group from error
