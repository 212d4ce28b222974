"""Several processes of one run: who lives, whose steps belong together."""
