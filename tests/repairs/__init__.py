"""The bench of repairs: does the remedy named first, applied as the lines it prescribes, help?

`python -m tests.repairs` trains sick nets under the watcher that `gradtui run` uses, takes the first
remedy of the first finding, runs its lines at their place in the same program, from the same seed on
the same batches, and judges the run beside the sick one. What gains nothing has failed.
"""
