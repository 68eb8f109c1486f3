"""Loss curves of a training run, drawn by Matplotlib from its metrics.csv."""

import csv
import io
import math

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.files import write_whole


def loss_curves(csv_path, png_path):
    """Draws the metrics CSV of a run (see `MetricsCsv`): a panel per quantity.

    Steps count on from stage to stage, a color each, with a dotted line where one begins. Positive quantities that vary more
    than tenfold have a logarithmic axis.

    Raises:
        GflaError: the CSV cannot be read or has no rows of numbers, or the picture cannot be written.
    """
    from matplotlib.figure import Figure  # here, so that drawing on a phone-sized machine needs no matplotlib

    try:
        with open(csv_path, newline="") as file:
            table = list(csv.DictReader(file))
        steps = np.array([int(row["step"]) for row in table])
        columns = [name for name in table[0] if name not in ("step", "stage", "epoch", "time")]
        series = {name: np.array([float(row[name] or "nan") for row in table]) for name in columns}
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise GflaError(
            f"Cannot draw loss curves: {csv_path} is not a metrics CSV with rows ({error!r})."
        ) from error
    across = min(3, max(1, len(columns)))
    down = math.ceil(len(columns) / across)
    figure = Figure(figsize=(4.5 * across, 2.8 * down), layout="constrained")
    stages = np.array([row.get("stage") or "" for row in table])
    begins = _count_on(steps, stages)
    for index, name in enumerate(columns):
        axes = figure.add_subplot(down, across, index + 1, title=name)
        known = np.isfinite(series[name])
        values = series[name][known]
        for stage in begins:
            part = known & (stages == stage)
            axes.plot(steps[part], series[name][part], marker="." if known.sum() < 30 else None, label=stage)
        if values.min(initial=np.inf) > 0 and values.max(initial=0.0) > 10 * values.min(initial=np.inf):
            axes.set_yscale("log")
        for step in list(begins.values())[1:]:
            axes.axvline(step, color="gray", linestyle=":")
        axes.grid(alpha=0.3)
        axes.set_xlabel("step")
    if len(begins) > 1:
        figure.axes[0].legend()
    picture = io.BytesIO()
    figure.savefig(picture, dpi=100, format="png")
    try:
        write_whole(png_path, picture.getvalue())
    except OSError as error:
        raise GflaError(f"Cannot write the loss curves {png_path}: {error.strerror}.") from error


def _count_on(steps, stages):
    """Lets steps, which begin anew with each stage, continue from the last of the stage before, in place.

    Returns:
        {stage: the step at which it begins}.
    """
    begins, last = {}, 0
    for stage in dict.fromkeys(stages.tolist()):
        begins[stage] = last
        steps[stages == stage] += last
        last = steps[stages == stage].max()
    return begins
