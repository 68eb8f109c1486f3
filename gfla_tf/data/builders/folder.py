"""Anyone's pictures in the layout of `gfla_tf.data.folder`, as records."""

import dataclasses

import numpy as np
import tensorflow_datasets as tfds

from gfla_tf.data.builders.files import BILINEAR, ImageSize, ManualBuilder, read_image, resized
from gfla_tf.data.folder import fingerprint, read_pairs, read_pictures, read_split
from gfla_tf.errors import GflaError
from gfla_tf.io.pictures import read_gray_mask
from gfla_tf.keypoints.pose_files import read_pose
from gfla_tf.keypoints.poses import JOINTS

TOLERANCE = 1.2  # by which a picture's proportions may differ from those of the network's images


@dataclasses.dataclass
class FolderContent(ImageSize):
    """`ImageSize` of what a folder holds now: another name when a file of it changes, so that it is read again."""

    masks: bool = False

    @classmethod
    def of(cls, image_size, directory):
        """The configuration for images of (height, width) of the pictures in a directory."""
        height, width = image_size
        pictures = read_pictures(directory)
        return cls(
            name=f"{height}x{width}-{fingerprint(directory)}",
            description=f"Images of {height} x {width} (height x width) pixels.",
            image_size=(height, width),
            masks=all(picture.mask for picture in pictures),
        )


class Folder(ManualBuilder):
    """A record is a picture with its pose and, where all have one, its mask; pairs as those of `PosePairs`."""

    VERSION = tfds.core.Version("1.0.1")
    BUILDER_CONFIGS = ()
    MANUAL_DOWNLOAD_INSTRUCTIONS = "A folder for each person, see docs/own_people.md."

    def features(self, image_size):
        features = {
            "image": tfds.features.Image(shape=(*image_size, 3)),
            "keypoints": tfds.features.Tensor(shape=(len(JOINTS), 3), dtype=np.float32),
            "name": tfds.features.Text(),
        }
        if self.builder_config.masks:
            features["person"] = tfds.features.Image(shape=(*image_size, 1))
        return features

    def table(self, directory, split):
        pictures = read_pictures(directory)
        splits = read_split(directory, pictures)
        pairs = read_pairs(directory, pictures, splits, split)
        used = sorted({number for pair in pairs for number in pair})
        if not used:
            raise GflaError(
                f"{directory} has no pair of pictures of one person for {split}: give a person at least four pictures, or name "
                "pairs of that split."
            )
        place = {number: index for index, number in enumerate(used)}
        return [pictures[number] for number in used], {
            "pairs": [[place[source], place[target]] for source, target in pairs],
            "names": [pictures[number].name for number in used],
        }

    def without(self, whole, dropped):
        kept = [number for number in range(len(whole["names"])) if number not in dropped]
        place = {number: index for index, number in enumerate(kept)}
        pairs = [[place[s], place[t]] for s, t in whole["pairs"] if s in place and t in place]
        return {"pairs": pairs, "names": [whole["names"][number] for number in kept]}

    def record(self, entry, image_size):
        if entry.keypoints is None:
            raise GflaError(f"The picture {entry.path} has no pose beside it: write one with gfla poses.")
        image = read_image(entry.path)
        height, width = image.shape[:2]
        require_proportions(entry.path, (height, width), image_size, "crop it with gfla prepare")
        keypoints = read_pose(entry.keypoints, (height, width))
        scale = np.array([image_size[1] / width, image_size[0] / height])
        present = keypoints[:, 2:] > 0
        places = (keypoints[:, :2] + 0.5) * scale - 0.5
        record = {
            "image": resized(image, image_size, BILINEAR),
            "keypoints": np.float32(np.where(present, np.column_stack([places, keypoints[:, 2]]), 0)),
            "name": entry.name,
        }
        if self.builder_config.masks:
            record["person"] = person_of(entry.mask, (height, width), image_size)
        return record


def require_proportions(path, size, image_size, remedy="crop it so"):
    """Raises a `GflaError` where a picture of `size` would be stretched too much to be one of `image_size`, (height, width)."""
    stretch = size[1] * image_size[0] / (size[0] * image_size[1])
    if not 1 / TOLERANCE < stretch < TOLERANCE:
        raise GflaError(
            f"The picture {path} is {size[0]} x {size[1]} (height x width), too far from the proportions of "
            f"{image_size[0]} x {image_size[1]}: {remedy}."
        )


def person_of(path, size, image_size):
    """The mask uint8 (H, W, 1) at `image_size` of a picture of `size`; a `GflaError` if it is of another size, or unreadable."""
    mask = read_gray_mask(path)
    if mask.shape != tuple(size):
        raise GflaError(
            f"The mask {path} has {mask.shape[1]} x {mask.shape[0]} pixels, its picture {size[1]} x {size[0]}: make it as large."
        )
    return resized(mask, image_size, BILINEAR)[..., None]
