"""What assistants may ask of recorded runs: tools, their answers as plain values, and the server."""
