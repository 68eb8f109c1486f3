"""What the tests of the page stand on: a small untrained network, the built page with it, and npm's packages."""

import fcntl
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NARROW = {
    "attention_units": 4, "base_channels": 4, "max_channels": 8, "flow_base_channels": 4, "flow_max_channels": 8,
}  # fmt: skip


def browser():
    """Path of the machine's Chromium, or None."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@contextmanager
def alone(folder, name):
    """One process at a time; others wait."""
    with open(Path(folder) / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def node_packages():
    """Has npm's packages in web/node_modules, as package-lock.json says."""
    stamp = WEB / "node_modules" / ".package-lock.json"
    with alone(WEB.parent, ".npm"):
        if not stamp.is_file() or stamp.stat().st_mtime < (WEB / "package-lock.json").stat().st_mtime:
            subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=WEB, check=True)
            stamp.touch()


def small_model(folder, **form):
    """Path of a people_128 that has learned nothing: it carries the photo's pixels along with the limbs; `form` as of `Form`."""
    import keras
    from gfla_tf.export.convert.conversion import convert
    from gfla_tf.export.convert.signatures import Form
    from gfla_tf.export.convert.sources import Source

    from gfla_tf.models.presets import create_generator
    from gfla_tf.training.tasks import task_named

    task = task_named("pose", heat_map_sigma=12.0, limb_sigma=3.3333, pose_stride=2)
    keras.utils.set_random_seed(1)  # the same network in every form
    network = create_generator("people_128", **NARROW)
    source = Source(network, task, "people_small", None, {"origin": "untrained", "license": "Apache-2.0"})
    return convert(source, folder, Form(keypoints=True, **form))[-1].path
