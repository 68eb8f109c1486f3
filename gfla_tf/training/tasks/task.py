"""What a task answers: its data, networks, losses and sample pictures, and what its converted networks say and follow."""

from pathlib import Path

import tensorflow as tf

from gfla_tf.data.order import WHOLE
from gfla_tf.data.prepared import prepare
from gfla_tf.errors import GflaError
from gfla_tf.losses.terms import IMAGE_TERMS, SUPERVISED_TERMS

SAMPLE_SEED = 17  # of the held-out data in the sample grids


class Task:
    """Base class of the entries of `TASKS`, constructed with the `TrainConfig`.

    Attributes:
        datasets: known values of data.dataset; the first is the default.
        prepared_datasets: those of them that a TensorFlow Datasets builder in `gfla_tf.data.builders` prepares.
        folder_builder: name of that for data.dataset folder, anyone's pictures.
        datasets_with_flow: those whose batches hold the true `flow` and its `visibility`, which the term flow_error needs.
        terms: of the losses, which may have a weight.
        feature_poses: channels of the poses that the people features look at; None where the task has no such poses, so that
            only feature networks that look at the image alone fit.
        subject: what a demo follows to drive the network: one of `gfla_tf.inference.subjects.SUBJECTS`, or None.
        keypoints: number of keypoints from which `draw` and `draw_arrays` make a map of an input, so that a converted network can
            take those; None where maps need more than keypoints.
        detected_reference: whether those of the reference are of other joints than those of the targets.
    """

    datasets = ()
    prepared_datasets = ()
    folder_builder = "folder"
    datasets_with_flow = ()
    terms = IMAGE_TERMS
    feature_poses = None
    subject = None
    keypoints = None
    detected_reference = False

    def __init__(self, config):
        self.config = config

    @property
    def name(self):
        """Under which the task stands in `TASKS`."""
        return self.config.task

    @property
    def is_prepared(self):
        """Whether the data are read from a disk on which a builder prepares them."""
        return self.config.data.dataset in self.prepared_datasets

    def generator_settings(self):
        """Arguments of the generator that the data decides, such as its number of pose channels."""
        return {}

    def check_settings(self, require):
        """Checks what this task wants of the configuration, while it is read.

        Args:
            require: `require(key, works, remedy)` refuses the value of a dotted key unless the function `works` is true of it.
        """

    def check(self, generator, features):
        """Whether data, features and generator fit each other, before anything is rendered or read.

        Args:
            generator: the model.
            features: a `FeatureExtractor`, or None.

        Raises:
            GflaError: they do not.
        """
        directory = self.config.data.directory
        if directory is not None and not Path(directory).expanduser().is_dir():
            raise GflaError(
                f"The folder {directory} is missing: data.directory names the folder with the files of "
                f"{self.config.data.dataset}, see docs/datasets.md."
            )
        stages = [stage for stage in (self.config.flow, self.config.full) if stage.steps]
        dataset = self.config.data.dataset
        for term in SUPERVISED_TERMS if dataset not in self.datasets_with_flow else ():
            if any(getattr(stage, term) for stage in stages):
                known = ", ".join(self.datasets_with_flow) or "none of this task does"
                raise GflaError(
                    f"{term} has a weight, but the data {dataset} has no true flow: give the weight 0, or data that "
                    f"has one ({known})."
                )
        if features is not None:
            self._check_features(generator, features, any(stage.correctness for stage in stages))

    def _check_features(self, generator, features, judge_flows):
        network, (height, width) = self.config.features.network, generator.image_size
        poses = None
        if self.feature_poses is not None:
            poses = tf.TensorSpec((1, height, width, self.feature_poses))
        elif network == "people":
            raise GflaError(
                f"features.network is people, which looks at poses, and the task {self.config.task} has none: choose vgg19."
            )
        try:
            tf.function(features).get_concrete_function(tf.TensorSpec((1, height, width, 3)), poses)
        except ValueError as error:
            raise GflaError(
                f"The feature network {network} takes no images of {height} x {width} (height x width): "
                "choose an image_size that is divisible by 32."
            ) from error
        if judge_flows:
            for level in generator.levels:
                features.correctness_layer(level)

    def flow_network(self, generator):
        """The network that stage flow trains alone, made of parts of the generator; None where there is no flow.

        It takes the generator's inputs, or some of them, and gives flow_... and mask_....
        """
        return generator.flow_estimator

    @property
    def builder_name(self):
        """Of the builder of a prepared dataset."""
        dataset = self.config.data.dataset
        return self.folder_builder if dataset == "folder" else dataset

    def builder(self, image_size):
        """The builder of a prepared dataset, see `gfla_tf.data.prepared.prepare`."""
        data = self.config.data
        return prepare(self.builder_name, data.directory, image_size, data.max_corrupt)

    def load(self, generator):
        """Renders or reads the training data.

        Returns:
            the data, as `dataset` takes it, and a fixed held-out batch for the sample grids.
        """
        raise NotImplementedError

    def dataset(self, data, seed, start, part=WHOLE):
        """Endless `tf.data.Dataset` of batches, of which it skips `start`; the n-th is a pure function of seed and n.

        Only part i of n of each batch where `part` is (i, n), for one of several workers.
        """
        raise NotImplementedError

    @property
    def images_per_step(self):
        """Images that a step trains on, of all devices together; windows, where there are no images."""
        return self.config.batch_size

    def objective(self, generator, features, stage, window_sigma):
        """The `Objective` of a stage.

        Args:
            generator, features: as for `check`.
            stage: `StageConfig`.
            window_sigma: function of the step that gives the standard deviation of the correctness loss's window.
        """
        raise NotImplementedError

    def grid(self, batch, outputs):
        """uint8 picture (H, W, 3) of a batch and what the objective's `outputs` gave for it, in either stage."""
        raise NotImplementedError

    def attended(self, batch, outputs):
        """Where local attention is used: the target (batch, H, W, 3) and {beginning of the layers' names: what they see}.

        See `gfla_tf.pictures.attention_grid.attention_grid`; the layers are called attn0, ..., or attn_p0, attn_r0, ... where
        they see the previous frame and the reference.
        """
        raise NotImplementedError

    # === What converted networks carry ===

    def description(self, generator):
        """The task's own fields of a .tflite's description, see `gfla_tf.litert.description`."""
        return {}

    def draw(self, keypoints, image_size, role="target"):
        """Maps (batch, H, W, channels) of keypoints (batch, n, 3), out of operations that LiteRT has.

        Args:
            role: "target", or "reference" for those of the source or the reference, which may be other joints.
        """
        raise NotImplementedError

    def draw_arrays(self, keypoints, image_size, role="target"):
        """The same in NumPy."""
        raise NotImplementedError

    def samples(self, generator, split, count):
        """Yields at least `count` `Sample`s of a split of the data, or all there are; "train" and "test" share no identity."""
        raise NotImplementedError
