"""NaN tracing, the autopsy: which module a NaN or an infinity was born in, found by running a step once
more.

A healthy step only keeps references to what the outermost modules were called with.
"""
