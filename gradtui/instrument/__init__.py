"""Instrumentation of training programs that were not written for it: hooks, names, records, a budget.

Nothing here changes a result of the watched program, draws a random number, or lets an exception
of ours reach it.
"""
