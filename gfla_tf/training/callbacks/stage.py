"""The callbacks of a stage of a run, in the order in which they must stand."""

from gfla_tf.training.callbacks.epoch_means import EpochMeans
from gfla_tf.training.callbacks.flow_ready import Readiness
from gfla_tf.training.callbacks.keep_best import KeepBest
from gfla_tf.training.callbacks.nan_diagnosis import terms_without_gradient
from gfla_tf.training.callbacks.progress import MetricsCsv, ProgressBar, StopOnNonFinite
from gfla_tf.training.callbacks.tensorboard import ImageGrid, TensorBoardScalars
from gfla_tf.training.checkpoints import CheckpointCallback


def stage_callbacks(name, config, task, samples, directory, checkpoints, is_chief, batch_of):
    """Callbacks for `fit`.

    Args:
        name: of the stage, "flow" or "full".
        config: `TrainConfig`.
        task: `Task`.
        samples: the held-out batch that is drawn.
        directory: of the run.
        checkpoints: `Checkpoints` of the stage.
        is_chief: whether this process writes files; of several workers one does.
        batch_of: function of a number of steps that gives the whole batch that comes after them.
    """

    def terms_of(trainer, step):
        return terms_without_gradient(trainer, batch_of(step), step)

    watching = [
        EpochMeans(checkpoints, config.steps_per_epoch),
        StopOnNonFinite(checkpoints, terms_of),  # before what saves or reports
    ]
    stage, images = getattr(config, name), task.images_per_step
    if not is_chief:
        return watching + ([Readiness(checkpoints, stage, file=None)] if stage.ready_correctness else [])
    tensorboard = TensorBoardScalars(directory / "tensorboard", max(1, config.steps_per_epoch // 10), images)
    if stage.ready_correctness:
        watching.append(Readiness(checkpoints, stage, tensorboard))
    best = {"flow": "flow_estimator", "full": "generator"}[name]
    return [
        *watching,
        KeepBest(
            samples,
            stage.steps,
            checkpoints,
            directory / f"{best}.best.weights.h5",
            stage.patience and stage.patience * config.steps_per_epoch,
            tensorboard,
        ),
        ProgressBar(stage.steps, f"{config.name}, {name} stage", images),
        ImageGrid(samples, task.grid, directory / "images", name, tensorboard, task.attended),
        MetricsCsv(directory / "metrics.csv", name),
        tensorboard,
        CheckpointCallback(checkpoints, config.checkpoint_every),
    ]
