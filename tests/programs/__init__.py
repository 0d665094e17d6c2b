"""Small training programs. Each module's `run(device)` returns what the program computed.

Weights are made on the CPU from a seed and then moved, so that both devices start alike.
"""
