"""What we claim about speed and scale, as commands that print it: `python -m bench.press`, `python -m bench.burst`."""
