"""Statistics of tensors: planned once, taken in as few operations as possible, copied to the host."""
