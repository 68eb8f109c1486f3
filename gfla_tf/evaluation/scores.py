"""The scores of an evaluation: those of each pair of pictures, and those of whole sets."""

import functools

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.metrics import picture_pairs
from gfla_tf.metrics.distributions import frechet_distance, kernel_distance
from gfla_tf.metrics.face_identity import FaceIdentity
from gfla_tf.metrics.inception import SIDE, Inception
from gfla_tf.metrics.lpips import Lpips
from gfla_tf.metrics.lpips_weights import lpips_weights_file, read_lpips_weights
from gfla_tf.metrics.person_mask import person_mask
from gfla_tf.metrics.pose import pose_consistency
from gfla_tf.metrics.resizing import resize
from gfla_tf.models.checkpoint_import import read_pth

# Name -> whether more is better.
PAIR_SCORES = {
    "l1": False, "mae": False, "psnr": True, "ssim": True, "ssim_256": True, "ms_ssim": True, "masked_l1": False,
    "masked_ssim": True, "person_l1": False, "lpips": False, "lpips_vgg16": False, "masked_lpips": False, "person_lpips": False,
    "pckh": True, "joint_distance": False, "flow_error": False, "zero_flow_error": False,
    "warping_error": False, "true_warping_error": False, "face_distance": False,
}  # fmt: skip
SET_SCORES = ("fid", "kid", "frechet_vgg16", "kernel_vgg16")
SCORES = (*PAIR_SCORES, *SET_SCORES)
FILM_SCORES = ("warping_error", "true_warping_error")  # of frames in the order of time
DRAWN_SCORES = ("flow_error", "zero_flow_error")  # known when a picture is drawn
_NETWORK_OF = {"lpips_vgg16": "vgg16", "frechet_vgg16": "vgg16", "kernel_vgg16": "vgg16"}


class PairScorer:
    """Scores pairs of uint8 pictures of one size.

    Args:
        protocol: `Protocol`.
        wanted: names of `PAIR_SCORES`.
        detector: function from uint8 pictures to keypoints or None, for pckh and joint_distance.
        find_face: function from uint8 pictures to 68 points or None, for face_distance.

    Attributes:
        weights: {what: SHA-256} of the weights in use.
    """

    def __init__(self, protocol, wanted, detector=None, find_face=None):
        self.protocol, self.wanted, self._detector = protocol, set(wanted), detector
        self._find_face = find_face if "face_distance" in self.wanted else None
        networks = {_network(name, protocol) for name in wanted if "lpips" in name}
        self._lpips = {network: load(network) for network in sorted(networks)}
        self.weights = {f"LPIPS {network}": lpips.digest for network, lpips in self._lpips.items()}
        if self._find_face:
            self._identity = FaceIdentity()
            self.weights["face identity"] = self._identity.digest

    def __call__(self, generated, truth, known):
        """The scores of a batch: list of {name: number}, those left out that a pair cannot have.

        Args:
            generated, truth: lists of uint8 (H, W, 3).
            known: list of dicts of keypoints (18, 3) in pixels of these pictures or None, mask (H, W) bool or None, and drawn,
                scores that were known before.
        """
        rows = [self._cheap(*pair) for pair in zip(generated, truth, known, strict=True)]
        for name in ("lpips", "lpips_vgg16"):
            if name in self.wanted:
                self._add(rows, name, generated, truth, range(len(rows)))
        if "masked_lpips" in self.wanted:
            numbers = [number for number, each in enumerate(known) if each["keypoints"] is not None]
            masks = {n: _mask(known[n]["keypoints"], truth[n]) for n in numbers}
            masked = [
                [_gray_outside(pictures[n], masks[n]) for n in numbers] for pictures in (generated, truth)
            ]
            self._add(rows, "masked_lpips", *masked, numbers)
        if "person_lpips" in self.wanted:
            numbers = [number for number, each in enumerate(known) if each["mask"] is not None]
            pasted = [np.where(known[n]["mask"][..., None], generated[n], truth[n]) for n in numbers]
            self._add(rows, "person_lpips", pasted, [truth[n] for n in numbers], numbers)
        return rows

    def _add(self, rows, name, first, second, numbers):
        if not len(first):
            return
        network = self._lpips[_network(name, self.protocol)]
        for number, value in zip(numbers, network(*(_float(each) for each in (first, second))), strict=True):
            rows[number][name] = float(value)

    def _cheap(self, generated, truth, known):
        row = {
            name: known["drawn"][name] for name in DRAWN_SCORES if name in self.wanted & set(known["drawn"])
        }
        keypoints, mask, window = known["keypoints"], known["mask"], self.protocol.ssim_window
        score_of = {
            "l1": picture_pairs.l1,
            "mae": picture_pairs.mae,
            "psnr": picture_pairs.psnr,
            "ssim": functools.partial(picture_pairs.ssim_uniform, window=window)
            if window
            else picture_pairs.ssim_gaussian,
            "ssim_256": picture_pairs.ssim_generated_range,
            "ms_ssim": picture_pairs.ms_ssim,
        }
        for name, score in score_of.items():
            if name == "ms_ssim" and min(truth.shape[:2]) < picture_pairs.LEAST_MS_SSIM_SIDE:
                continue
            if name in self.wanted:
                row[name] = score(generated, truth)
        if self._find_face:
            points = [self._find_face(picture) for picture in (generated, truth)]
            if all(each is not None for each in points):
                row["face_distance"] = self._identity.distance(generated, points[0], truth, points[1])
        if "person_l1" in self.wanted and mask is not None and mask.any():
            row["person_l1"] = _l1_inside(mask, generated, truth)
        if keypoints is None:
            return row
        mask = _mask(keypoints, truth)
        if "masked_l1" in self.wanted and mask.any():
            row["masked_l1"] = _l1_inside(mask, generated, truth)
        if "masked_ssim" in self.wanted:
            row["masked_ssim"] = picture_pairs.ssim_gaussian(
                *(picture_pairs.masked(p, mask) for p in (generated, truth))
            )
        if self._detector and {"pckh", "joint_distance"} & self.wanted:
            values = dict(
                zip(("pckh", "joint_distance"), pose_consistency(self._detector(generated), keypoints))
            )
            row |= {
                name: value for name, value in values.items() if name in self.wanted and np.isfinite(value)
            }
        return row


class SetScorer:
    """Collects features of generated and of real pictures, for the distances of whole sets.

    Args:
        protocol: `Protocol`.
        wanted: names of `SET_SCORES`.
        inception: path of Inception's weights (.pth), for fid and kid.

    Raises:
        GflaError: fid or kid is wanted, and there are no weights.
    """

    def __init__(self, protocol, wanted, inception=None):
        self._protocol, self.wanted, self.weights, self._networks = protocol, set(wanted), {}, {}
        if {"fid", "kid"} & self.wanted:
            if inception is None:
                raise GflaError(
                    "FID and KID need the weights of Inception: name their file with --inception, or leave them out."
                )
            network = Inception(protocol.inception, read_pth(inception))
            self._networks["inception"] = lambda pictures: network(
                np.stack([resize(picture, (SIDE, SIDE), protocol.inception_resize) for picture in pictures])
            )
        if {"frechet_vgg16", "kernel_vgg16"} & self.wanted:
            vgg = load("vgg16")
            self.weights["VGG16"] = vgg.digest
            self._networks["vgg16"] = lambda pictures: vgg.pooled(_float(pictures))

    def features(self, batches):
        """{network: (n, channels)} of an iterable of lists of uint8 pictures; pictures of a list have one size."""
        found = {name: [] for name in self._networks}
        for pictures in batches:
            for name, network in self._networks.items():
                found[name].append(network(pictures))
        return {name: np.concatenate(parts) for name, parts in found.items() if parts}

    def distances(self, generated, real):
        """{name: value} of the wanted distances, of what `features` gave."""
        result, names = {}, {"inception": ("fid", "kid"), "vgg16": ("frechet_vgg16", "kernel_vgg16")}
        for network, (frechet, kernel) in names.items():
            if network not in generated:
                continue
            sets = [generated[network], real[network]]
            if network == "inception":
                sets = [self._whole(features) for features in sets]
            if frechet in self.wanted:
                result[frechet] = frechet_distance(*sets)
            if kernel in self.wanted:
                result[kernel], result[f"{kernel}_deviation"] = kernel_distance(*sets)
        return result

    def _whole(self, features):
        batch = self._protocol.whole_batches
        return (
            features if batch is None or len(features) < batch else features[: len(features) // batch * batch]
        )


@functools.cache
def load(network):
    """LPIPS with the published weights of a network."""
    return Lpips(read_lpips_weights(network, lpips_weights_file(network)))


def _network(name, protocol):
    return _NETWORK_OF.get(name, protocol.lpips)


def _mask(keypoints, picture):
    return person_mask(keypoints, picture.shape[:2])


def _l1_inside(mask, first, second):
    return float(np.abs(first[mask] / 255 - second[mask] / 255).mean())


def _float(pictures):
    return np.stack(pictures).astype(np.float32) / 127.5 - 1


def _gray_outside(picture, mask):
    """What 0 in [-1, 1] is outside the mask, as the published masked LPIPS multiplies both pictures by it."""
    return np.where(mask[..., None], picture.astype(np.float32), 127.5)
