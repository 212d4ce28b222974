"""The networks of the lab, each with the rows that the screen shows."""
