"""Programs in the style of other people, judged through the door that a user takes.

`python -m tests.verdicts.programs` runs each by `gradtui check --json` and prints the table. The first
line of each file has the verdicts that are right, the best first.
"""
