"""Videos as folders of frames with a file of something else for each frame: what FashionVideo, iPER and FaceForensics share.

Two layouts are told apart by the folders that are there. Ours: SPLIT/frames/VIDEO/ holds the frames of a video and
SPLIT/KIND/VIDEO/ as many files of each other kind, in the order of the numbers in the names, so 2.png comes before 10.png. The
published one is as the instructions of the published code leave it on people's disks, in plain alphabetical order. In both the
first file belongs to the first frame, however it is called.
"""

import dataclasses
from typing import ClassVar

import tensorflow_datasets as tfds

from gfla_tf.data.builders.files import BICUBIC, ManualBuilder, read_image, resized
from gfla_tf.data.corrupt_budget import shortened
from gfla_tf.errors import GflaError
from gfla_tf.io.folders import by_numbers

IMAGES = (".png", ".jpg", ".jpeg", ".bmp")


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where the folders of videos are.

    Attributes:
        folders: {kind: names below the dataset's folder, of which the first that is there counts}; {split} stands for train or
            test.
        alphabetical: whether files are in plain alphabetical order, not in that of the numbers in their names.
    """

    folders: dict[str, tuple[str, ...]]
    alphabetical: bool

    def folder(self, directory, kind, split):
        """The folder of the videos' folders of a kind, the first choice where there is none."""
        paths = [directory / name.format(split=split) for name in self.folders[kind]]
        return next((path for path in paths if path.is_dir()), paths[0])

    def order(self, name):
        """What names are sorted by."""
        return name if self.alphabetical else by_numbers(name)


class FrameFolders(ManualBuilder, skip_registration=True):
    """A record is a frame; info.metadata[SPLIT]["videos"] lists the videos in the records' order: name and number of frames.

    Frames are resized whole, whatever their proportions, bicubically, as published. A subclass gives `kinds`, `published` and,
    with `features` and `details`, what the frame has beside its image.

    Attributes:
        kinds: {name of what a frame has beside its image: the endings of its files}.
        published: {kind: its folders in the published layout}, "frames" included.
        for_training: kinds that test videos may lack.
    """

    kinds: ClassVar[dict] = {}
    published: ClassVar[dict] = {}
    for_training = ()

    def features(self, image_size):
        return {"image": tfds.features.Image(shape=(*image_size, 3)), "video": tfds.features.Text()}

    def layout(self, directory, split):
        """The `Layout` that a split is in: the published one where its frames are there and ours are not."""
        ours = Layout({kind: (f"{{split}}/{kind}",) for kind in ("frames", *self.kinds)}, False)
        theirs = Layout(self.published, True)
        is_theirs = theirs.folder(directory, "frames", split).is_dir()
        return theirs if is_theirs and not ours.folder(directory, "frames", split).is_dir() else ours

    def table(self, directory, split):
        layout = self.layout(directory, split)
        frames = layout.folder(directory, "frames", split)
        videos = sorted(_folders(frames), key=layout.order)
        if not videos:
            raise GflaError(
                f"{frames} is missing or has no folders: put one there for each video, with its frames, see docs/datasets.md."
            )
        table, lengths = [], []
        for video in videos:
            files = {"frames": _files(frames / video, IMAGES, layout)}
            count = len(files["frames"])
            if not count:
                raise GflaError(
                    f"{frames / video} has no images: put the frames there, or remove the folder."
                )
            for kind, endings in self.kinds.items():
                folder = layout.folder(directory, kind, split)
                if split == "test" and kind in self.for_training and not folder.is_dir():
                    continue
                files[kind] = _files(folder / video, endings, layout)
                if len(files[kind]) != count:
                    raise GflaError(
                        f"{folder / video} has {len(files[kind])} files ({', '.join(endings)}) for the {count} frames of "
                        f"{frames / video}: put one there for each frame."
                    )
            table += [
                {"video": video, "clip": files["frames"][0], **dict(zip(files, paths, strict=True))}
                for paths in zip(*files.values(), strict=True)
            ]
            lengths.append([video, count])
        return table, {"videos": lengths}

    def without(self, whole, dropped):
        return {"videos": shortened(whole["videos"], dropped)}

    def record(self, entry, image_size):
        frame = read_image(entry["frames"])
        image = resized(frame, image_size, BICUBIC)
        return {"image": image, "video": entry["video"], **self.details(entry, frame, image_size)}

    def details(self, entry, frame, image_size):
        """What a record has beside its image.

        Args:
            entry: {kind: path of this frame's file}, and under "clip" that of the first frame of its video.
            frame: uint8 (h, w, 3), as its file has it; coordinates are in its pixels.
            image_size: (height, width) that images get.
        """
        raise NotImplementedError


def _folders(parent):
    return [path.name for path in parent.iterdir() if path.is_dir()] if parent.is_dir() else []


def _files(folder, endings, layout):
    """The files in a folder with one of the endings, in order; none where there is no folder."""
    found = [path for path in folder.iterdir() if path.suffix.lower() in endings] if folder.is_dir() else []
    return sorted(
        (path for path in found if not path.name.startswith(".")), key=lambda path: layout.order(path.name)
    )
