"""Person animation (TIP 2020, section 4): a person of one picture dances the dance of another."""

import keras

from gfla_tf.data.prepared_clips import ClipSamples
from gfla_tf.keypoints.dance_structure import DANCE_CHANNELS, LIMB_SIGMA, dance_maps, skeleton_picture
from gfla_tf.keypoints.joint_orders import H36M_17
from gfla_tf.models.pose_generator import PoseGenerator
from gfla_tf.models.presets import generator_class
from gfla_tf.ops.dance_structure import dance_structure
from gfla_tf.synthetic.bodies.rendered import render_clips as render_bodies
from gfla_tf.synthetic.people.rendered_clips import render_clips
from gfla_tf.training.objectives.animation import FramewiseObjective
from gfla_tf.training.tasks.clip import ClipTask


class DanceTask(ClipTask):
    """Clips of people in motion, with heat maps and a drawn skeleton for structures.

    The generator is a `DanceGenerator`, or for comparison a `PoseGenerator`, which draws every frame from the reference alone.
    """

    datasets = ("synthetic_people", "synthetic_bodies", "fashionvideo", "iper")
    prepared_datasets = ("fashionvideo", "iper")
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

    def render(self, image_size, split, seed, clips, length):
        draw = render_bodies if self.config.data.dataset == "synthetic_bodies" else render_clips
        return draw(image_size, split, seed, clips, length, self.config.data.pose_noise)

    def clips(self, builder, split):
        return ClipSamples(builder, split, structure=("keypoints", (len(H36M_17), 3)))

    def draw(self, structures, image_size):
        return dance_structure(structures, image_size, *self._sigmas)

    def draw_arrays(self, keypoints, image_size):
        return dance_maps(keypoints, image_size, *self._sigmas)

    def picture(self, structure):
        return skeleton_picture(structure)

    def description(self, generator):
        sigma, limb_sigma = self._sigmas
        return {
            "structure": {"heat_maps": len(H36M_17), "skeleton": 3},
            "joints": H36M_17,
            "heat_map_sigma": sigma,
            "limb_sigma": limb_sigma,
        }

    @property
    def _sigmas(self):
        data = self.config.data
        return data.heat_map_sigma, data.limb_sigma or LIMB_SIGMA
