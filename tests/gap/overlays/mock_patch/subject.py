from unittest import mock
from unittest.mock import patch

import torch


def run():
    with mock.patch("torch.cuda.is_available", lambda: True):
        pass
    with patch.object(torch.cuda, "device_count", return_value=1):
        pass


@patch("torch.cuda.empty_cache")
def test_cache(fake):
    pass


def test_device(monkeypatch):
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 3)
    monkeypatch.setattr("torch.is_tensor", lambda obj: True)
    monkeypatch.delattr(torch, "add")


run()
