"""Calls of ours inside functions of torch, without a frame of ours on the stack or in a traceback."""
