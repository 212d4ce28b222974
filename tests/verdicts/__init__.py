"""The bench of verdicts: training programs in plain PyTorch, watched from outside and judged.

`python -m tests.verdicts` runs them and prints the confusion table. Healthy programs are
judged after every recorded step; a sick one must end with the right name and, where the case says
so, with the layers. With --untold the doctor does not learn what the task is. With --strangers only
those run that were written by somebody who had seen the names of the symptoms, and neither rules
nor other cases; what was said of them at the first try is what counts.
"""
