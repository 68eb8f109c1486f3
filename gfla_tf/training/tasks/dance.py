"""Person animation (TIP 2020, section 4): a person of one picture dances the dance of another."""

import keras
import tensorflow as tf

from gfla_tf.data.published_films import REFERENCES
from gfla_tf.data.published_structures import dance_structures
from gfla_tf.data.video_clips import ClipSamples, Structure
from gfla_tf.keypoints.dance_structure import DANCE_CHANNELS, LIMB_SIGMA, dance_maps, skeleton_picture
from gfla_tf.keypoints.joint_orders import COCO_17, H36M_17, to_coco
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.keypoints.published_drawing import structure_arrays
from gfla_tf.models.pose_generator import PoseGenerator
from gfla_tf.models.presets import generator_class
from gfla_tf.ops.dance_structure import dance_structure
from gfla_tf.ops.published_structure import published_structure
from gfla_tf.synthetic.bodies.rendered import render_clips as render_bodies
from gfla_tf.synthetic.people.rendered_clips import render_clips
from gfla_tf.training.objectives.animation import FramewiseObjective
from gfla_tf.training.tasks.clip import ClipTask


class DanceTask(ClipTask):
    """Clips of people in motion, with heat maps and a drawn skeleton for structures.

    The generator is a `DanceGenerator`, or for comparison a `PoseGenerator`, which draws every frame from the reference alone.
    """

    datasets = ("synthetic_people", "synthetic_bodies", "fashionvideo", "iper", "folder")
    prepared_datasets = ("fashionvideo", "iper", "folder")
    folder_builder = "folder_dance"
    datasets_with_flow = ("synthetic_people", "synthetic_bodies")
    subject = "dancer"
    keypoints = len(H36M_17)

    def generator_settings(self):
        framewise = generator_class(self.config.model.preset) is PoseGenerator
        return {"pose_channels" if framewise else "structure_channels": DANCE_CHANNELS}

    def flow_network(self, generator):
        if isinstance(generator, PoseGenerator):
            return generator.flow_estimator
        flows = {name: x for name, x in generator.output.items() if name.startswith(("flow_", "mask_"))}
        return keras.Model(generator.input, flows, name="flow_estimators")

    def objective(self, generator, features, stage, window_sigma):
        if isinstance(generator, PoseGenerator):
            return FramewiseObjective(generator, features, stage, window_sigma)
        return super().objective(generator, features, stage, window_sigma)

    @property
    def is_published(self):
        """Whether skeletons are drawn as for the published networks."""
        return self.config.data.drawing == "published"

    @property
    def detected_reference(self):
        return self.is_published

    def render(self, image_size, split, seed, clips, length):
        render = render_bodies if self.config.data.dataset == "synthetic_bodies" else render_clips
        noise = self.config.data.pose_noise
        return render(image_size, split, seed, clips, length, noise, detected_reference=self.is_published)

    def clips(self, builder, split):
        structure = DETECTED_REFERENCE if self.is_published else CLEAN_REFERENCE
        return ClipSamples(builder, split, structure, REFERENCES)

    def stored(self, record, role):
        if self.is_published and role == "reference":
            return to_coco(record["noisy_keypoints"])
        return record["keypoints"]

    def structures(self, stored, image_size, role):
        if self.is_published:
            return dance_structures(stored, image_size, role)
        return super().structures(stored, image_size, role)

    def draw(self, keypoints, image_size, role="target"):
        if self.is_published:
            return published_structure(keypoints, image_size, role)
        return dance_structure(keypoints, image_size, *self._sigmas)

    def draw_arrays(self, keypoints, image_size, role="target"):
        if self.is_published:
            return structure_arrays(keypoints, image_size, role)
        return dance_maps(keypoints, image_size, *self._sigmas)

    def picture(self, structure):
        return skeleton_picture(structure, 1 if self.is_published else 255)

    def description(self, generator):
        sigma, limb_sigma = self._sigmas
        fields = {
            "structure": {"heat_maps": len(H36M_17), "skeleton": 3},
            "drawing": self.config.data.drawing,
            "joints": H36M_17,
            "heat_map_sigma": sigma,
        }
        if self.is_published:
            return {**fields, "reference_joints": COCO_17}
        return {**fields, "limb_sigma": limb_sigma}

    @property
    def _sigmas(self):
        data = self.config.data
        return data.heat_map_sigma, data.limb_sigma or LIMB_SIGMA


def _joints(parsed, image, role):
    return parsed["keypoints"]


def _joints_by_role(parsed, image, role):
    """COCO's 17 of the detector's joints for the reference, Human3.6M's clean ones for everything else."""
    if role == "target":
        return parsed["keypoints"]
    return tf.gather(parsed["noisy_keypoints"], [JOINTS.index(name) for name in COCO_17])


_CLEAN = {"keypoints": tf.io.FixedLenFeature((len(H36M_17), 3), tf.float32)}
_DETECTED = {"noisy_keypoints": tf.io.FixedLenFeature((len(JOINTS), 3), tf.float32)}
CLEAN_REFERENCE = Structure(_CLEAN, _joints)
DETECTED_REFERENCE = Structure(_CLEAN | _DETECTED, _joints_by_role)
