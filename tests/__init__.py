"""Tests of TorchDevice. Importing this package activates the virtual device."""

from tests import device as device
