"""Conformance: PyTorch's own operator, module and optimizer databases, virtual CUDA against CPU."""
