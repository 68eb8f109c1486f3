"""Protocols as data: everything that changes a score although the pictures stay the same.

The same pictures get another SSIM with another window, another FID with another resize filter or real set. A protocol says which;
a result names its protocol, and what was changed of it.
"""

import dataclasses

from gfla_tf.errors import GflaError
from gfla_tf.metrics.resizing import FILTERS


@dataclasses.dataclass(frozen=True)
class Protocol:
    """How pictures are judged.

    Attributes:
        name: that results carry.
        size: (height, width) at which pictures are compared; None for that of the true pictures.
        resize: filter that brings pictures to that size, see `gfla_tf.metrics.resizing`.
        file_format: in which generated pictures are stored before they are judged: "png", or "jpg" (quality 75).
        ssim_window: side of SSIM's uniform windows in pixels, or None for the Gaussian ones of deviation 1.5.
        lpips: network of LPIPS.
        inception: network of FID and KID, see `gfla_tf.metrics.inception`.
        inception_resize: filter that brings pictures to its 299 pixels.
        whole_batches: pictures that FID takes at a time, where an incomplete last batch is left out; None takes all.
        real: the pictures that FID compares with, in words.
        checked: what is known of whether the work computes so, in words, which results tell.
    """

    name: str
    size: tuple | None
    resize: str
    file_format: str
    ssim_window: int | None
    lpips: str
    inception: str
    inception_resize: str
    whole_batches: int | None
    real: str
    checked: str

    def changed(self, resize):
        """The protocol with another resize filter, which its name then tells; None leaves it as it is.

        Raises:
            GflaError: there is no such filter.
        """
        if resize in (None, self.resize):
            return self
        if resize not in FILTERS:
            raise GflaError(f"There is no resize filter {resize!r}: choose one of {', '.join(FILTERS)}.")
        return dataclasses.replace(self, name=f"{self.name}, but resized by {resize}", resize=resize)

    def settings(self):
        """Everything of it as plain values, as results record it."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in vars(self).items()}


_TRAINING = "training set"
_UNKNOWN = "windows and the network of fid are not known"
# docs/evaluation.md says where each was read. None of these works has published a test of its own evaluation.
PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        # The evaluation script of GFLA (CVPR 2020): its Inception is torchvision's, as pytorch-fid had it in 2018.
        Protocol("gfla", None, "pillow_bilinear", "jpg", 51, "alexnet", "torchvision", "torch_bilinear", 64, _TRAINING,
                 "its recorded figures are reproduced"),
        # CFLD (CVPR 2024), models/metrics.py: uniform windows of 51 and, as ssim_256, GFLA's second SSIM; its
        # pose_transfer_test.py and datasets/deepfashion.py resize.
        Protocol("cfld", (256, 176), "pillow_bicubic", "png", 51, "alexnet", "torchvision", "torch_bilinear", None, _TRAINING,
                 "read in its code; it cuts values to 8 bits, where we round"),
        # PIDM (CVPR 2023), in the words of its author and its users in issues 4, 37 and 40: pictures of 256 x 256 (Pillow,
        # bicubic, PNG) are reduced to 256 x 176 by OpenCV's linear filter; the SSIM is that of GFLA's script.
        Protocol("pidm", (256, 176), "torch_bilinear", "png", 51, "alexnet", "pytorch_fid", "torch_bilinear", None, _TRAINING,
                 "sizes, filters, format and windows by the words of its author and users; the network of fid is not known"),
        # NTED (CVPR 2022): scripts/prepare_data.py and data/fashion_data.py resize and name; issue 9 has what is compared. Its
        # repository has no evaluation script, so windows and Inception are those of its author's earlier work.
        Protocol("nted", (256, 176), "pillow_bicubic", "png", 51, "alexnet", "torchvision", "torch_bilinear", None, _TRAINING,
                 f"size, filter, format and real set by its code and its author's words; {_UNKNOWN}, GFLA's stand in"),
    )
}  # fmt: skip


def find_protocol(name, resize=None):
    """The protocol called `name`, with another resize filter if one is given.

    Raises:
        GflaError: there is no such protocol or filter.
    """
    if name not in PROTOCOLS:
        raise GflaError(f"There is no protocol {name!r}: choose one of {', '.join(PROTOCOLS)}.")
    return PROTOCOLS[name].changed(resize)
