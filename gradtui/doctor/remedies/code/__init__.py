"""Remedies as the few lines of PyTorch to change, made for the model that was seen."""
