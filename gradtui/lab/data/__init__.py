"""The data sets of the lab: real digits, and the synthetic tasks that the literature uses."""
