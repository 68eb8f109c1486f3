"""How wide a network is at which depth."""


def width(depth, base, maximum):
    """Channels at `depth` (0 = finest): base * min(2^depth, maximum // base)."""
    return base * min(2**depth, maximum // base)
