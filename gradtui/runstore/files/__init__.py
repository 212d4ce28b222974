"""The one place where files of a run are opened, to read and to write, and where runs are kept."""
