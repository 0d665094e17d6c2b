"""Measured claims: the figures of docs/performance.md. `python -m bench` runs all of them."""
