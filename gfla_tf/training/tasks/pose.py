"""Pose-guided person image generation (CVPR 2020): a person of one picture in the pose of another."""

import tensorflow as tf

from gfla_tf.data.folder_pairs import FolderPairSamples
from gfla_tf.data.own_augmentation import Augmentation
from gfla_tf.data.people_pairs import PosePairSamples, pose_inputs
from gfla_tf.errors import GflaError
from gfla_tf.keypoints import poses
from gfla_tf.keypoints.poses import JOINTS, pose_channels
from gfla_tf.losses.features import PEOPLE_HEAT_MAP_SIGMA
from gfla_tf.losses.terms import IMAGE_TERMS, SUPERVISED_TERMS, TEXTURE_TERMS
from gfla_tf.models.people_generator import PeopleGenerator
from gfla_tf.ops import heat_maps
from gfla_tf.pictures.drawing import pose_picture
from gfla_tf.synthetic.bodies.rendered import render_frames as render_bodies
from gfla_tf.synthetic.bodies.stream import BodyStream
from gfla_tf.synthetic.people.rendered_pairs import render_frames
from gfla_tf.training.objectives.people import PeopleObjective
from gfla_tf.training.tasks.pair import PairTask


class PoseTask(PairTask):
    """Two frames of one person, with pose maps for conditions."""

    datasets = ("synthetic_people", "synthetic_bodies", "deepfashion", "market", "folder")
    prepared_datasets = ("deepfashion", "market", "folder")
    datasets_with_flow = ("synthetic_people", "synthetic_bodies")
    terms = (*IMAGE_TERMS, *TEXTURE_TERMS)
    condition = "pose"
    subject = "person"
    keypoints = len(JOINTS)

    @property
    def feature_poses(self):
        return pose_channels(self.config.data.limb_sigma)

    def generator_settings(self):
        return {"pose_channels": self.feature_poses}

    def check_settings(self, require):
        super().check_settings(require)
        renewed = self.config.data.dataset == "synthetic_bodies"
        require(
            "data.lifetime",
            lambda n: n == 0 or (renewed and n > 0),
            "give 0, or choose data.dataset synthetic_bodies",
        )
        require(
            "data.bled",
            lambda x: (
                x == 0 or ((self.config.data.lifetime or self.config.data.dataset == "folder") and 0 < x <= 1)
            ),
            "give 0, or a share up to 1 with a data.lifetime or data.dataset folder",
        )
        for name in ("flip", "color", "motion", "keep_background"):
            require(
                f"data.{name}",
                lambda x: not x or self.config.data.dataset == "folder",
                "only data.dataset folder is changed so; the published data sets have their own augmentation",
            )
        features = self.config.features
        if features.network == "people" and features.weights is None:
            require(
                "data.heat_map_sigma",
                lambda x: x == PEOPLE_HEAT_MAP_SIGMA,
                f"the people features of the package were trained with {PEOPLE_HEAT_MAP_SIGMA}, so give that or "
                "features.weights of your own",
            )

    def check(self, generator, features):
        if generator.pose_channels != self.feature_poses:
            raise GflaError(
                f"model.generator.pose_channels is {generator.pose_channels}: poses have {self.feature_poses} maps."
            )
        stride = self.config.data.pose_stride
        if stride != getattr(generator, "pose_stride", 1):
            raise GflaError(
                f"data.pose_stride is {stride}: this generator wants {getattr(generator, 'pose_stride', 1)}."
            )
        if not _keeps_texture(generator):
            self._refuse_texture_terms()
        super().check(generator, features)

    def _refuse_texture_terms(self):
        for name in ("flow", "full"):
            stage = getattr(self.config, name)
            if stage.steps and (weighted := [term for term in TEXTURE_TERMS if getattr(stage, term)]):
                raise GflaError(
                    f"{name}.{weighted[0]} has a weight, and this generator has no such term: "
                    "give it the weight 0, or choose model.preset people_256."
                )

    def objective(self, generator, features, stage, window_sigma):
        if _keeps_texture(generator):
            return PeopleObjective(generator, features, stage, window_sigma)
        return super().objective(generator, features, stage, window_sigma)

    def render(self, image_size, split, seed, identities, frames):
        draw = render_bodies if self.config.data.dataset == "synthetic_bodies" else render_frames
        return draw(image_size, split, seed, identities, frames, self._supervised)

    def training_data(self, image_size):
        data = self.config.data
        if not data.lifetime:
            return super().training_data(image_size)
        return BodyStream(
            image_size,
            "train",
            data.seed,
            data.identities,
            data.frames,
            data.lifetime,
            self._supervised,
            bled=data.bled,
        )

    def pairs(self, builder, split):
        if builder.name == "folder":
            data = self.config.data
            self._check_masks(builder)
            augmentation = Augmentation(data.flip, data.color, data.motion)
            return FolderPairSamples(builder, split, augmentation, data.keep_background, data.bled)
        return PosePairSamples(builder, split)

    def _check_masks(self, builder):
        data = self.config.data
        wanting = {"data.keep_background=false": data.keep_background, "data.bled=0": data.bled > 0}
        for name in ("flow", "full"):
            stage = getattr(self.config, name)
            wanting[f"{name}.alpha=0"] = bool(stage.steps and stage.alpha)
        if any(wanting.values()) and not builder.builder_config.masks:
            changes = " ".join(change for change, wants in wanting.items() if wants)
            raise GflaError(
                f"Not every picture in {self.config.data.directory} has a mask (NAME_mask.png) beside it, which gfla prepare "
                f"writes: add them, or train without ({changes})."
            )

    def prepare(self, batch):
        if not self._supervised:
            batch = {name: value for name, value in batch.items() if name != "source_person"}
        data = self.config.data
        result = pose_inputs(batch, data.heat_map_sigma, data.limb_sigma, data.pose_stride)
        if "flow" in batch:
            result["flow"] = tf.cast(batch["flow"], tf.float32)
            result["visibility"] = tf.cast(batch["visibility"], tf.float32)[..., None]
        if "source_person" in result:
            result["source_person"] = tf.cast(result["source_person"], tf.float32)[..., None]
        return result

    @property
    def _supervised(self):
        stages = (self.config.flow, self.config.full)
        return any(getattr(stage, term) for stage in stages for term in (*SUPERVISED_TERMS, "alpha"))

    def picture(self, condition):
        return pose_picture(condition)

    def description(self, generator):
        sigmas = dict(zip(("heat_map_sigma", "limb_sigma", "pose_stride"), self._drawing, strict=True))
        return {"joints": JOINTS, **sigmas}

    @property
    def _drawing(self):
        data = self.config.data
        return data.heat_map_sigma, data.limb_sigma, data.pose_stride

    def draw(self, keypoints, image_size, role="target"):
        return heat_maps.pose_maps(keypoints, image_size, *self._drawing)

    def draw_arrays(self, keypoints, image_size, role="target"):
        return poses.pose_maps(keypoints, image_size, *self._drawing)


def _keeps_texture(generator):
    return isinstance(generator, PeopleGenerator)
