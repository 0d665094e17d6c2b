"""CUDA's random numbers, slowly: an independent model in numpy of a whole launch.

Written from the documents, not from the C++ of this project:

- Philox4x32-10: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
  SC 2011, section 3.3 and table 2.
- The state of `curand_init(seed, subsequence, offset)`: cuRAND's programming guide, "Device API
  overview": 2^64 subsequences of 2^66 numbers.
- Uniform numbers in (0, 1] and normal ones by the method of Box and Muller: the same guide,
  "Distributions".
- How a launch deals numbers to elements: the comments of
  aten/src/ATen/native/cuda/DistributionTemplates.h.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

Array = np.ndarray
U32 = np.uint64(0xFFFFFFFF)


def philox4x32(counter: list[Array], key: tuple[int, int], rounds: int = 10) -> list[Array]:
    """Encrypt counters of four 32-bit words, each in a uint64 array."""
    c0, c1, c2, c3 = counter
    for r in range(rounds):
        k0 = np.uint64((key[0] + r * 0x9E3779B9) & 0xFFFFFFFF)
        k1 = np.uint64((key[1] + r * 0xBB67AE85) & 0xFFFFFFFF)
        p0, p1 = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0, c1, c2, c3 = (
            (p1 >> np.uint64(32)) ^ c1 ^ k0,
            p1 & U32,
            (p0 >> np.uint64(32)) ^ c3 ^ k1,
            p0 & U32,
        )
    return [c0, c1, c2, c3]


def curand4(seed: int, subsequence: Array, offset: int) -> Array:
    """The four words, as rows, that `curand4` gives in each subsequence."""
    assert offset % 4 == 0
    subsequence = subsequence.astype(np.uint64)
    block = np.full_like(subsequence, offset // 4)
    counter = [
        block & U32,
        block >> np.uint64(32),
        subsequence & U32,
        subsequence >> np.uint64(32),
    ]
    return np.stack(philox4x32(counter, (seed & 0xFFFFFFFF, seed >> 32)))


@dataclass(frozen=True)
class Card:
    """What the size of a launch depends on."""

    multiprocessors: int
    threads_per_multiprocessor: int

    def threads(self, elements: int) -> int:
        """Blocks of 256 threads, no more than run at once."""
        blocks = self.multiprocessors * (self.threads_per_multiprocessor // 256)
        return 256 * min(blocks, math.ceil(elements / 256))


def increment(elements: int, unroll: int, card: Card) -> int:
    """How far a launch moves the generator's offset."""
    return 4 * math.ceil(elements / (card.threads(elements) * unroll))


def launch(elements: int, draw: object, seed: int, offset: int, card: Card) -> Array:
    """The number of each element: `draw(words)` gives one row for each use of a block."""
    threads = card.threads(elements)
    rows: list[Array] = []
    while sum(map(len, rows)) < elements:
        words = curand4(seed, np.arange(threads), offset)
        rows.extend(draw(words))  # type: ignore[operator]
        offset += 4
    return np.concatenate(rows)[:elements]


def uniform(words: Array) -> Array:
    """`curand_uniform4`."""
    inverse = np.float32(2.0**-32)
    return words.astype(np.float32) * inverse + inverse / np.float32(2)


def bits53(words: Array) -> Array:
    """Two numbers of 53 bits."""
    pairs = [(words[0], words[1]), (words[2], words[3])]
    return np.stack([(x ^ (y << np.uint64(21))).astype(np.float64) for x, y in pairs])


def uniform_double(words: Array) -> Array:
    """`curand_uniform2_double`."""
    return bits53(words) * 2.0**-53 + 2.0**-54


def normal(words: Array) -> Array:
    """`curand_normal4`, but in double precision from the uniform numbers and angles on."""
    u = uniform(words).astype(np.float64)
    step = float(np.float32(2.0**-32) * np.float32(2 * math.pi))
    angle = (words.astype(np.float32) * np.float64(step) + step / 2).astype(np.float32)
    angle = angle.astype(np.float64)
    result = np.empty(words.shape)
    for pair in (0, 2):
        radius = np.sqrt(-2 * np.log(u[pair]))
        result[pair] = radius * np.sin(angle[pair + 1])
        result[pair + 1] = radius * np.cos(angle[pair + 1])
    return result


def normal_double(words: Array) -> Array:
    """`curand_normal2_double`."""
    u = uniform_double(words)
    radius = np.sqrt(-2 * np.log(u[0]))
    return np.stack([radius * np.sin(2 * math.pi * u[1]), radius * np.cos(2 * math.pi * u[1])])


def long_words(words: Array) -> Array:
    """Two words of 64 bits."""
    high = np.uint64(32)
    return np.stack([(words[0] << high) | words[1], (words[2] << high) | words[3]])
