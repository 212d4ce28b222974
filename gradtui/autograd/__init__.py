"""Reading the graph of a loss: its nodes by name, what computes what, in which order."""
