"""One file a data set: real digits, and the synthetic tasks that the literature uses."""
