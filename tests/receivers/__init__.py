"""Receivers that are not ours: a real Prometheus and real collectors, started by the tests that use them.

None comes with gradtui, and no test fails without one. `python -m tests.receivers` fetches them.
"""
