"""Whether a limit order fills: a number from a counter, the same in every engine."""

from typing import Final

MASK: Final = (1 << 64) - 1
SEEDS: Final = 1 << 63
"""Seeds there are; another stands for its rest."""
STEP: Final = 0x9E3779B97F4A7C15
FIRST: Final = 0xBF58476D1CE4E5B9
SECOND: Final = 0x94D049BB133111EB


def uniform(seed: int, counter: int) -> float:
    """Number in [0, 1) of a seed and a counter.

    Notes
    -----
    The finaliser of SplitMix64 over ``seed + (counter + 1) * golden ratio``; its upper 53 bits.

    References
    ----------
    .. [1] Steele, Lea & Flood (2014), "Fast splittable pseudorandom number generators", OOPSLA.
    """
    z = (seed + (counter + 1) * STEP) & MASK
    z = ((z ^ (z >> 30)) * FIRST) & MASK
    z = ((z ^ (z >> 27)) * SECOND) & MASK
    return ((z ^ (z >> 31)) >> 11) * 2.0**-53
