"""Callbacks for frameworks that own the training loop: `lightning`, `huggingface`.

Under `gradtui run` none is needed, and one that is there leaves recording to it. Neither framework
is imported before its own module is, and neither is among gradtui's requirements.
"""
