"""The tools that values can be sent to, a file each."""
