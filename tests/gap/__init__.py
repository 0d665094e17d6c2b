"""The gap analyzer against oracles that nobody here wrote."""
