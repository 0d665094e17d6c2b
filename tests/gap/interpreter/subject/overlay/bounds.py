import os

import torch


def walk(owner, depth):
    if depth:
        walk(owner, depth - 1)
    owner.forward = None


def harmless(depth):
    if depth:
        harmless(depth - 1)


def count():
    i = 0
    while True:
        setattr(torch.cuda, f"counted_{i}", i)
        i += 1
        if os.environ.get("ENOUGH"):
            break


def often(owner):
    for _ in range(100):
        owner.mark = 1


walk(torch, 10)
harmless(10)
count()
for i in range(30):
    often(os.environ)
