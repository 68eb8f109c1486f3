"""How wide a network is at which depth."""


def channels_at(depth, base, maximum):
    """Channels at `depth` (0 = finest): base * min(2^depth, maximum // base); a ValueError unless both are positive."""
    if base < 1 or maximum < 1:
        raise ValueError(f"{base} channels, at most {maximum}: both must be at least 1")
    return base * min(2**depth, maximum // base)
