"""What can be trained: a class for each task. docs/adding_a_task.md says how to add one."""

from gfla_tf.training.config import DataConfig, TrainConfig
from gfla_tf.training.tasks.dance import DanceTask
from gfla_tf.training.tasks.face import FaceTask
from gfla_tf.training.tasks.motion import MotionTask
from gfla_tf.training.tasks.pose import PoseTask
from gfla_tf.training.tasks.view import ViewTask

TASKS = {"pose": PoseTask, "dance": DanceTask, "face": FaceTask, "view": ViewTask, "motion": MotionTask}


def task_named(name, **data):
    """The task of that name as published, but for these settings of its data; it has no data unless `dataset` is among them."""
    return TASKS[name](TrainConfig(task=name, data=DataConfig(**data)))
