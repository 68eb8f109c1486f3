"""Videos as folders of frames with a file of something else for each frame: what FashionVideo, iPER and FaceForensics share.

SPLIT/frames/VIDEO/ holds the frames of a video and SPLIT/KIND/VIDEO/ as many files of each other kind. In both the order is that
of the numbers in the names, so 2.png comes before 10.png, and the first file belongs to the first frame, however it is called.
"""

import re

import tensorflow_datasets as tfds

from gfla_tf.data.builders.files import ManualBuilder, read_image
from gfla_tf.data.corrupt_budget import shortened
from gfla_tf.errors import GflaError

IMAGES = (".png", ".jpg", ".jpeg", ".bmp")


class FrameFolders(ManualBuilder, skip_registration=True):
    """A record is a frame; info.metadata[SPLIT]["videos"] lists the videos in the records' order: name and number of frames.

    A subclass gives `kinds` and, with `features` and `record`, what the frame has beside its image.

    Attributes:
        kinds: pairs of the name of a folder beside `frames` and the endings of the files in it.
    """

    kinds = ()

    def features(self, image_size):
        return {"image": tfds.features.Image(shape=(*image_size, 3)), "video": tfds.features.Text()}

    def table(self, directory, split):
        frames = directory / split / "frames"
        videos = sorted(_folders(frames), key=_in_order)
        if not videos:
            raise GflaError(
                f"{frames} is missing or has no folders: put one there for each video, with its frames, see docs/datasets.md."
            )
        table, lengths = [], []
        for video in videos:
            files = {"frames": _files(frames / video, IMAGES)}
            count = len(files["frames"])
            if not count:
                raise GflaError(
                    f"{frames / video} has no images: put the frames there, or remove the folder."
                )
            for kind, endings in self.kinds:
                folder = directory / split / kind / video
                files[kind] = _files(folder, endings)
                if len(files[kind]) != count:
                    raise GflaError(
                        f"{folder} has {len(files[kind])} files ({', '.join(endings)}) for the {count} frames of "
                        f"{frames / video}: put one there for each frame."
                    )
            table += [
                {"video": video, **dict(zip(files, paths, strict=True))}
                for paths in zip(*files.values(), strict=True)
            ]
            lengths.append([video, count])
        return table, {"videos": lengths}

    def without(self, whole, dropped):
        return {"videos": shortened(whole["videos"], dropped)}

    def record(self, entry, image_size):
        image, own_size = read_image(entry["frames"], image_size)
        scale = (image_size[1] / own_size[1], image_size[0] / own_size[0])  # of x, y
        return {"image": image, "video": entry["video"], **self.details(entry, scale, image_size)}

    def details(self, entry, scale, image_size):
        """What a record has beside its image.

        Args:
            entry: {kind: path of this frame's file}.
            scale: what coordinates (x, y) in pixels of the frame's file are to be multiplied with.
            image_size: (height, width) that images get.
        """
        raise NotImplementedError


def _folders(parent):
    return [path.name for path in parent.iterdir() if path.is_dir()] if parent.is_dir() else []


def _files(folder, endings):
    """The files in a folder with one of the endings, in order; none where there is no folder."""
    found = [path for path in folder.iterdir() if path.suffix.lower() in endings] if folder.is_dir() else []
    return sorted(
        (path for path in found if not path.name.startswith(".")), key=lambda path: _in_order(path.name)
    )


def _in_order(name):
    """Sorts numbers in names by their value."""
    parts = re.split(r"(\d+)", name)
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], name
