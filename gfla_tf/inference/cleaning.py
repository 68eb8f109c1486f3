"""Cleaning of the poses of a film with a motion network: from noisy detections to 17 joints of Human3.6M."""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from gfla_tf.errors import GflaError, os_reason
from gfla_tf.inference.detectors.pose_detector import PoseDetector
from gfla_tf.inference.models import load_model
from gfla_tf.inference.tracks import people_of_folder
from gfla_tf.inference.video import read_video
from gfla_tf.io.folders import numbered_files
from gfla_tf.keypoints.identity import Follower
from gfla_tf.keypoints.joint_orders import to_coco
from gfla_tf.keypoints.pose_files import read_frames, write_openpose
from gfla_tf.keypoints.pose_formats import Found
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.keypoints.sequences import MIN_JOINTS
from gfla_tf.models.motion_cleaning import clean_as_published, clean_motion


def load_motion_network(path):
    """A motion network: a function from keypoints to {"clean": ...}, its frames, its receptive field, and whether it is used as
    published, see `clean_as_published`.

    Args:
        path: of a .tflite, or the directory of a finished training.

    Raises:
        GflaError: the network cannot be loaded or is of another task.
    """
    if not Path(path).is_dir():
        model = load_model(path, "motion")
        description = model.description
        window = description["frames"], description["receptive_field"]
        return model, *window, description.get("windows") == "published"
    # Training needs packages that running a .tflite does not.
    from gfla_tf.models.motion_extraction import MotionExtraction
    from gfla_tf.training.networks import load_generator

    generator = load_generator(path)
    if not isinstance(generator, MotionExtraction):
        raise GflaError(f"{path} is a training run of another task; this program needs 'motion'.")

    def run(keypoints):
        return {
            name: np.asarray(value)
            for name, value in generator({"keypoints": keypoints}, training=False).items()
        }

    return run, generator.frames, generator.receptive_field, not generator.get_config()["relative"]


def read_poses(path, pose_model=None, person=None):
    """The poses of one person in a video, in a folder of files, or in one file of a whole film.

    Args:
        path: of the video, the folder or the .json.
        pose_model: the detector's networks, as for `read_pose_networks`.
        person: who is followed, see `gfla_tf.keypoints.identity.Follower`.

    Returns:
        list of a name for each frame, keypoints (frames, 18, 3) in pixels with zeros where the person is not there, (height,
        width) of the images where it is known, else None, and when the person was lost, see `Follower.told`.

    Raises:
        GflaError: there is no such video or folder, it has no frames, or a file cannot be read.
    """
    path, size, follow, poses = Path(path), None, Follower(person), []
    if path.is_dir():
        people = people_of_folder(path, ".json", lambda file: [frame.people for frame in read_frames(file)])
        poses = [follow(found) for found in tqdm(people, "reading poses", unit=" frames", disable=None)]
        names = [file.stem for file in numbered_files(path, ".json")]
    elif path.suffix.lower() == ".json":
        frames = read_frames(path)
        size = next((frame.size[::-1] for frame in frames if frame.size), None)
        poses = [follow(frame.people) for frame in frames]
    else:
        video = read_video(path)
        with PoseDetector(pose_model, film=True) as detect:
            for frame in tqdm(video.frames, "finding poses", unit=" frames", disable=None):
                poses.append(follow([Found(keypoints) for keypoints in detect.people(frame)]))
                size = frame.shape[:2]
    if not path.is_dir():
        names = [f"{path.stem}_{number:012}_keypoints" for number in range(len(poses))]
    nobody = np.zeros((len(JOINTS), 3), np.float32)
    return names, np.stack([nobody if pose is None else pose for pose in poses]), size, follow.told()


def likely_width(keypoints):
    """A width of the image for keypoints (frames, joints, 3) that came without one: that of a square that they fit into.

    The network knows people at many sizes, so that a guess will do.
    """
    return float(1.05 * keypoints[keypoints[..., 2] > 0, :2].max())


def clean_files(model, input, output, *, width=None, pose_model=None, person=None):
    """Cleans the poses of a film or a folder; writes a .json for each frame, see docs/poses.md.

    Args:
        model: path of a motion network's .tflite, or the directory of a training run.
        input: path of a film, or of a folder of OpenPose or COCO .json.
        output: path of the folder to write.
        width: of the images that a folder's poses are of, in pixels; None guesses it.
        pose_model: the detector's networks, as for `read_pose_networks`.
        person: who is followed, where there are several people, see `gfla_tf.keypoints.identity.Follower`.

    Returns:
        one sentence that says what was written.

    Raises:
        GflaError: a file cannot be used, or the poses show too little of a person.
    """
    if output.resolve() == input.resolve():
        raise GflaError(f"The output would overwrite {input}; give another --output.")
    if width is not None and not 1 <= width <= 1e6:
        raise GflaError(f"--width is {width:g}: it must be pixels between 1 and 1000000.")
    network, frames, receptive_field, as_published = load_motion_network(model)
    names, poses, size, lost = read_poses(input, pose_model, person)
    keypoints = to_coco(poses)
    known = (keypoints[..., 2] > 0).any(axis=0).sum()
    if not known:
        raise GflaError(f"{input} shows no person in any of its {len(poses)} frames; give poses of a person.")
    if known < MIN_JOINTS:
        raise GflaError(f"{input} shows {known} joints of a person, too few; give poses of a whole person.")
    if size is None or width:  # otherwise, as far as anyone knows, a square
        width = width or likely_width(poses)
        size = (size or (width, width))[0], width
    with tqdm(total=len(poses), desc="cleaning", unit=" frames", disable=None) as bar:

        def run(keypoints):
            bar.update(min(frames, len(poses) - bar.n))
            return network(keypoints=keypoints)

        if as_published:
            clean = clean_as_published(run, keypoints, size, frames, receptive_field)
        else:
            clean = clean_motion(run, keypoints, size[1], frames, receptive_field)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GflaError(f"Cannot write to {output}: {os_reason(error)}.") from error
    for name, keypoints in zip(names, clean, strict=True):
        write_openpose(output / f"{name}.json", keypoints)
    lost = f"; the person was {lost}" if lost else ""
    without = len(poses) - (poses[..., 2] > 0).any(axis=1).sum()
    return f"wrote {output} ({len(clean)} frames, {without} of them without a person in the input{lost})"
