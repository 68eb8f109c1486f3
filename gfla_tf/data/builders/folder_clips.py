"""Anyone's clips in the layout of `gfla_tf.data.folder_clips`, as records: what own dances and own faces share."""

import functools

import numpy as np
import tensorflow_datasets as tfds

from gfla_tf.data.builders.files import read_image
from gfla_tf.data.builders.folder import FolderContent, person_of, require_proportions
from gfla_tf.data.builders.frames import FrameFolders
from gfla_tf.data.folder_clips import read_clips
from gfla_tf.errors import GflaError

__all__ = ["FolderClips", "FolderContent"]


class FolderClips(FrameFolders, skip_registration=True):
    """A record is a frame and, where all have one, its mask; clips are the videos of `FrameFolders`.

    A subclass gives `endings` and `beside` and, with `features` and `details`, what a frame has beside its image.

    Attributes:
        endings: of what lies beside a frame, see `gfla_tf.data.folder.read_pictures`.
        beside: what that is and how it is made, in words.
    """

    BUILDER_CONFIGS = ()
    MANUAL_DOWNLOAD_INSTRUCTIONS = "A folder of clips for each person, see docs/own_people.md."
    endings = ()
    beside = ""

    def features(self, image_size):
        features = super().features(image_size)
        if self.builder_config.masks:
            features["person"] = tfds.features.Image(shape=(*image_size, 1))
        return features

    def table(self, directory, split):
        clips = read_clips(directory, self.endings, split)
        if not clips:
            raise GflaError(
                f"{directory} has no clip for {split}: give each person two clips, or one of some hundred frames."
            )
        table = [
            {
                "video": clip.name,
                "clip": clip.frames[0].path,
                "frames": frame.path,
                "beside": frame.keypoints,
                "picture": frame,
            }
            for clip in clips
            for frame in clip.frames
        ]
        return table, {"videos": [[clip.name, len(clip.frames)] for clip in clips]}

    def details(self, entry, frame, image_size):
        if entry["beside"] is None:
            raise GflaError(f"The frame {entry['frames']} has no {self.beside}.")
        require_proportions(entry["frames"], frame.shape[:2], image_size)
        if frame.shape[:2] != (first := _size_of(entry["clip"])):
            raise GflaError(
                f"The frame {entry['frames']} is {frame.shape[0]} x {frame.shape[1]} (height x width), the first of its clip "
                f"{first[0]} x {first[1]}: put frames of one size into a folder."
            )
        if not self.builder_config.masks:
            return {}
        return {"person": person_of(entry["picture"].mask, frame.shape[:2], image_size)}


def in_image(places, own_size, image_size):
    """Positions (n, 2) of a frame of `own_size`, (height, width), in pixels of its image."""
    return (np.asarray(places) + 0.5) * (image_size[::-1] / np.array(own_size[::-1])) - 0.5


@functools.lru_cache(maxsize=1)
def _size_of(path):
    return read_image(path).shape[:2]
