"""What a network follows: the joints of a person, or the points of a face.

A subject knows where its keypoints come from, how they are framed and what the network sees of them. Keypoints are (n, 3): x, y
in pixels and a confidence, 0 where missing.
"""

import contextlib

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.inference.detectors.face_detector import MeshFaceDetector
from gfla_tf.inference.detectors.pose_detector import PoseDetector
from gfla_tf.inference.photos import (
    FACE_MARGINS,
    MARGINS,
    crop,
    crop_keypoints,
    half_figure_box,
    inside_photo,
    person_box,
)
from gfla_tf.io.pictures import read_picture
from gfla_tf.keypoints.dance_structure import dance_maps
from gfla_tf.keypoints.face_points import find_face
from gfla_tf.keypoints.face_structure import face_structure, structure_picture
from gfla_tf.keypoints.joint_orders import H36M_17, to_coco, to_h36m
from gfla_tf.keypoints.pose_files import find_pose, main_person, read_frames
from gfla_tf.keypoints.pose_formats import Found
from gfla_tf.keypoints.poses import JOINTS, pose_maps
from gfla_tf.keypoints.published_dance import published_structure
from gfla_tf.keypoints.published_face import SCALE, published_maps
from gfla_tf.pictures.drawing import draw_skeleton


class Subject:
    """What people and faces have in common.

    Attributes:
        what: its name in sentences.
        suffix: of files of its keypoints.
        margins: of crops around it.
        framing: the keypoints that decide the crop.
        size: (height, width) of the network's images.
    """

    framing = slice(None)

    @property
    def of_source(self):
        """The subject of the source, whose keypoints may be others than those of the targets."""
        return self

    def as_target(self, keypoints):
        """Keypoints of the source as those that targets have."""
        return keypoints

    def drawn(self, keypoints):
        """Keypoints as those that maps are drawn from."""
        return keypoints

    def box(self, keypoints, origin):
        """The crop of these keypoints; raises a `GflaError` that names their origin if there are too few."""
        return person_box(keypoints[self.framing, :], self.size, origin, self.margins)


class Person(Subject):
    """A person by our 18 joints, for pose networks.

    Args:
        description: of the network, see `gfla_tf.litert.description`.
        path: of the network, for the error.
        detector_model: the detector's networks, as for `read_pose_networks`.

    Raises:
        GflaError: the network was made for other joints.
    """

    what, suffix, margins, joints = "person", ".json", MARGINS, JOINTS

    def __init__(self, description, path, detector_model=None):
        if tuple(description.get("joints", ())) != self.joints or "heat_map_sigma" not in description:
            raise GflaError(f"{path} was made for other joints than ours, or for another order of them.")
        self.size = tuple(description["image_size"])
        self._sigmas = description["heat_map_sigma"], description.get("limb_sigma")
        self._stride = description.get("pose_stride", 1)
        self._detector_model = detector_model

    def find(self, path, image_size=None):
        """Keypoints of the main person of a file, or None if it shows nobody; raises a `GflaError` if it cannot be read."""
        return find_pose(path, self.joints, image_size)

    def read(self, path):
        """Everybody in each frame of a file, a list of lists of `Found`; raises a `GflaError` if it cannot be read."""
        return [frame.people for frame in read_frames(path, self.joints)]

    @contextlib.contextmanager
    def detector(self, film=False):
        """Gives a function from uint8 images (H, W, 3), or a film's frames in order, to everybody there, a list of `Found`."""
        with PoseDetector(self._detector_model, film) as detect:
            yield lambda image: [Found(self._own(person)) for person in detect.people(image)]

    def _own(self, keypoints):
        """Our 18 joints as those that the network was made for."""
        return keypoints

    def on_photo(self, keypoints, image_size):
        """Keypoints that can be used on a photo of `image_size` (height, width)."""
        return inside_photo(keypoints, image_size)

    def maps(self, keypoints, image):
        """What the network sees (H, W, channels) of keypoints in pixels of its images.

        Args:
            keypoints: (n, 3).
            image: uint8 (H, W, 3), the source.
        """
        return pose_maps(keypoints, self.size, *self._sigmas, self._stride)

    def picture(self, keypoints, image):
        """uint8 (H, W, 3) for people to see; arguments as for `maps`."""
        return draw_skeleton(np.zeros_like(image), keypoints)


class Dancer(Person):
    """A person by the 17 joints of Human3.6M, for dance networks."""

    joints = H36M_17
    framing = tuple(
        index for index, name in enumerate(H36M_17) if name != "head"
    )  # its top, which 18 joints lack

    def __init__(self, description, path, detector_model=None):
        super().__init__(description, path, detector_model)
        self._published = description.get("drawing") == "published"

    @property
    def of_source(self):
        return DetectedDancer(self) if self._published else self

    def _own(self, keypoints):
        return to_h36m(keypoints)

    def maps(self, keypoints, image):
        if self._published:
            return published_structure(keypoints, self.size, "target")
        return dance_maps(keypoints, self.size, *self._sigmas)

    def picture(self, keypoints, image):
        scale = 1 if self._published else 255
        return np.rint(scale * self.maps(keypoints, image)[..., -3:]).astype(np.uint8)


class DetectedDancer(Person):
    """The source of a published dance network, by our 18 joints: drawn are COCO's 17 of them, as a detector saw them.

    Args:
        dancer: the `Dancer` that moves it.
    """

    def __init__(self, dancer):
        self.size, self._detector_model = dancer.size, dancer._detector_model

    def as_target(self, keypoints):
        return to_h36m(keypoints)

    def drawn(self, keypoints):
        return to_coco(keypoints)

    def maps(self, keypoints, image):
        return published_structure(to_coco(keypoints), self.size, "reference")


class Face(Subject):
    """A face by its 68 points, for face networks; arguments and methods as those of `Person`."""

    what, suffix, margins = "face", ".txt", FACE_MARGINS

    def __init__(self, description, path, detector_model=None):
        self.size = tuple(description["image_size"])
        self._detector_model = detector_model
        self._published = description.get("drawing") == "published"

    def find(self, path, image_size=None):
        points = find_face(path)
        return None if points is None else _certain(points)

    def read(self, path):
        points = self.find(path)
        return [[] if points is None else [Found(points)]]

    @contextlib.contextmanager
    def detector(self, film=False):
        with MeshFaceDetector() as detect:
            yield lambda image: [Found(_certain(face)) for face in detect.faces(image)]

    def on_photo(self, keypoints, image_size):
        return keypoints

    def maps(self, keypoints, image):
        if self._published:
            return published_maps(keypoints[:, :2], self.size, image) * SCALE
        return face_structure(keypoints[:, :2], self.size, image)

    def picture(self, keypoints, image):
        return structure_picture(self.maps(keypoints, image))


SUBJECTS = {"person": Person, "dancer": Dancer, "face": Face}
_BEFORE = {"pose": "person", "dance": "dancer", "face": "face"}  # of files that name their task only


def subject_of(model, detector_model=None):
    """The subject of a `TFLiteModel`; a `GflaError` if it follows nobody, or was made for other keypoints."""
    description = model.description
    name = description.get("subject", _BEFORE.get(description["task"]))
    if name not in SUBJECTS:
        raise GflaError(
            f"{model.path} is a model for the task {description['task']!r}; this program needs one that follows a "
            "person or a face."
        )
    return SUBJECTS[name](description, model.path, detector_model)


def read_subject(subject, photo, keypoints_file=None):
    """The subject of a photo, cropped to the network's size.

    Args:
        subject: `Person`, `Dancer` or `Face`.
        photo: path of the picture.
        keypoints_file: of the subject in it; None finds it.

    Returns:
        uint8 (H, W, 3) and keypoints (n, 3) in its pixels.

    Raises:
        GflaError: a file cannot be read, or the subject is not there.
    """
    image = read_picture(photo)
    if keypoints_file:
        keypoints = subject.find(keypoints_file, image.shape[:2])
        origin = f"{keypoints_file} on the photo {photo}"
    else:
        with subject.detector() as detect:
            keypoints = main_person([found.keypoints for found in detect(image)])
        origin = photo
    if keypoints is None:
        looked_at = keypoints_file or f"the photo {photo}"
        raise GflaError(
            f"No {subject.what} was found in {looked_at}; give one of a whole, visible {subject.what}."
        )
    keypoints = subject.on_photo(keypoints, image.shape[:2])
    box = subject.box(keypoints, origin)
    height, width = image.shape[:2]
    beside = box.left >= width or box.top >= height or box.left + box.width <= 0 or box.top + box.height <= 0
    if beside or max(box.width, box.height) > 8 * max(width, height):
        raise GflaError(
            f"{origin} puts the {subject.what} beside its {width}x{height} pixels or makes it far larger than them: the points "
            "must be in pixels of this photo."
        )
    if hasattr(subject, "joints"):
        box = half_figure_box(box, keypoints, subject.joints, image.shape[:2])
    return crop(image, box, subject.size), crop_keypoints(keypoints, box, subject.size)


def _certain(points):
    """(n, 3) of points (n, 2): all of them are there."""
    return np.concatenate([points, np.ones_like(points[:, :1])], axis=-1)
