"""Settings with which every network that draws is small."""

TINY_NETWORK = {
    "attention_kernels": {1: 3}, "attention_units": 4, "depth": 1, "flow_depth": 2,
    "base_channels": 4, "max_channels": 8, "flow_base_channels": 4, "flow_max_channels": 8,
}  # fmt: skip
