"""Model cards: what somebody should know who is handed a network's weights."""

from gfla_tf import __version__

OUR_LICENSE = "as the project"
PUBLISHED_LICENSE = "non-commercial use only, as the published GFLA weights"
_PAPER = (
    "Deep Spatial Transformation for Pose-Guided Person Image Generation and Animation (arXiv 2008.12606)"
)
_TASKS = {
    "pose": "pose-guided person image generation: a person of one picture in another pose",
    "dance": "person animation: a person of one picture moves like the person of a video",
    "face": "face animation: a face of one picture moves like the face of a video",
    "view": "view synthesis: an object of one picture from another side",
    "motion": "motion extraction: clean joints out of what a pose detector sees",
}


def model_card(network, name):
    """The text of a README.md, with the header that model hubs read.

    Args:
        network: `ConfiguredModel`.
        name: of the network.
    """
    card, license = network.card, network.card.get("license", OUR_LICENSE)
    rows = [("network", type(network).__name__), ("weights", f"{network.count_params():,}")]
    rows += [(key, value) for key, value in network.get_config().items() if key not in ("name", "card")]
    rows += [(f"data: {key}", value) for key, value in card.get("data", {}).items()]
    table = "\n".join(f"| {key} | {value} |" for key, value in rows)
    task = _TASKS.get(getattr(network, "task", None), "a part of the GFLA networks")
    return f"""---
library_name: keras
license: other
license_name: {license}
tags: [gfla, pose-transfer, image-to-image, keras]
---

# {name}

A `{type(network).__name__}` of gfla-tf {__version__} ({task}).

- Origin of the weights: {card.get("origin", "not recorded")}
- License of the weights: {license}
- Paper: {_PAPER}

```python
import gfla_tf

network = gfla_tf.{type(network).__name__}.from_preset("{name}")  # this folder
```

| | |
|---|---|
{table}

Networks of this kind draw people who did not consent as readily as those who did, and they are no better than the data they
were trained on: say what you trained on, and tell viewers that pictures are generated.
"""
