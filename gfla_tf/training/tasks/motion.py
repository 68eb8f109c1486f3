"""Motion extraction (TIP 2020, section 4.2): clean joints out of what a pose detector sees."""

import numpy as np
from keras import ops

from gfla_tf.data.human36m import load_human36m
from gfla_tf.data.joint_sequences import MotionBank, motion_dataset
from gfla_tf.data.order import WHOLE
from gfla_tf.keypoints.joint_orders import COCO_17, H36M_17, coco_to_h36m
from gfla_tf.keypoints.sequences import to_points
from gfla_tf.layers.convolution import INITIAL_GAIN
from gfla_tf.pictures.skeleton_strips import skeleton_strips, stacked
from gfla_tf.synthetic.people.performed_motion import perform_motion
from gfla_tf.training.objectives.image import Objective
from gfla_tf.training.tasks.samples import SEED, Sample, arrays_of
from gfla_tf.training.tasks.task import SAMPLE_SEED, Task

SAMPLES = 4  # sequences in the sample pictures


class MotionObjective(Objective):
    """The mean squared error of the joints, in the network's coordinates."""

    def __init__(self, stage):
        super().__init__({"joints": stage.joints})

    def inputs(self, batch):
        return {"keypoints": batch["keypoints"]}

    def terms(self, batch, outputs, step):
        return {"joints": ops.mean(ops.square(outputs["clean"] - batch["clean"]))}


class MotionTask(Task):
    """Sequences of joints: data.clip_frames of each of data.identities synthetic people, or Human3.6M."""

    datasets = ("synthetic_motion", "human36m")
    terms = ("joints",)

    def check_settings(self, require):
        require("features.network", lambda name: name == "none", "there are no images to compare: give none")
        require(
            "model.initial_gain",
            lambda gain: gain == INITIAL_GAIN,
            "the network's kernels are not scaled: leave it out",
        )

    def flow_network(self, generator):
        return None

    def load(self, generator):
        data = self.config.data
        bank = self._bank("train", data.seed, data.identities)
        held_out = self._bank("test", SAMPLE_SEED, SAMPLES)
        samples = motion_dataset(held_out, SAMPLES, generator.receptive_field, frames=generator.frames)
        return (bank, generator), next(iter(samples))

    def _bank(self, split, seed, identities):
        data = self.config.data
        if data.dataset == "human36m":
            return load_human36m(data.directory, split, data.max_corrupt)
        return MotionBank.of(perform_motion(split, seed, identities, data.clip_frames))

    def dataset(self, data, seed, start, part=WHOLE):
        bank, generator = data
        return motion_dataset(
            bank, self.config.batch_size, generator.receptive_field, seed, start, part, generator.frames
        )

    def objective(self, generator, features, stage, window_sigma):
        return MotionObjective(stage)

    def grid(self, batch, outputs):
        """Strips of skeletons for each sequence: as detected, as the network has it, and true."""
        frames = batch["clean"].shape[1]
        before = (batch["keypoints"].shape[1] - frames) // 2
        strips = []
        for noisy, found, true in zip(batch["keypoints"], outputs["clean"], batch["clean"]):
            noisy, found, true = (to_points(np.asarray(x), 1) for x in (noisy[before:-before], found, true))
            strips.append(skeleton_strips({"noisy": coco_to_h36m(noisy), "clean": found, "true": true}))
        return stacked(strips)

    def description(self, generator):
        return {
            "frames": generator.frames,
            "receptive_field": generator.receptive_field,
            "windows": "filled" if generator.get_config()["relative"] else "published",
            "joints": COCO_17,
            "clean_joints": H36M_17,
            "coordinates": "y of all joints, then x of all joints, both as 2 v / image width - 1",
        }

    def samples(self, generator, split, count):
        bank = self._bank(split, SEED, min(count, self.config.data.identities))
        for batch in map(arrays_of, motion_dataset(bank, 1, generator.receptive_field, SEED)):
            yield Sample({"keypoints": batch["keypoints"]}, {"clean": batch["clean"][0]})
