"""What happens beside training: progress, metrics on file, and the stop at a non-finite loss.

All count in steps of the generator's optimizer (`training_step`), so that they continue where a resumed run left
off and hold with steps_per_execution > 1, where Keras calls them once per several steps. The logs they get
are what `train_step` returned: running means over the epoch if those are results of `keras.metrics.Mean`, the
last step's values otherwise.

Keras' own CSVLogger and TerminateOnNaN count from 0 after a resume, fix the columns at the first epoch or
watch only `loss`, hence these.
"""

import csv
import io
import logging
import math
import os
import sys
import time
from pathlib import Path

import keras
from tqdm import tqdm

from gfla_tf.errors import GflaError
from gfla_tf.files import write_whole
from gfla_tf.training.current_step import training_step

_log = logging.getLogger(__name__)
_OWN = ("step", "stage", "epoch", "time")  # columns that every metrics file has
LINE_SECONDS = 15.0  # between lines of progress where there is no terminal


class ProgressBar(keras.callbacks.Callback):
    """Steps done, images per second, time left and losses: a bar on a terminal, else a plain line about every 15 seconds.

    Args:
        total_steps: step at which this stage ends, counted as `training_step` does.
        stage_name: shown in front.
        images_per_step: of all devices together.
        file: a text stream, standard output unless given.
    """

    def __init__(self, total_steps, stage_name, images_per_step, file=None):
        super().__init__()
        self.total_steps, self.stage_name, self.file = total_steps, stage_name, file or sys.stdout
        self.images_per_step = images_per_step
        self._bar = None

    def on_train_begin(self, logs=None):
        self._step = training_step(self.model)
        self._timed_from, self._last_line = None, time.monotonic()
        if self.file.isatty():
            self._bar = tqdm(
                total=self.total_steps,
                initial=self._step,
                desc=self.stage_name,
                file=self.file,
                dynamic_ncols=True,
            )

    def on_train_batch_end(self, batch, logs=None):
        before, self._step = self._step, training_step(self.model)
        now = time.monotonic()
        if self._timed_from is None:  # the first call compiles the step: it says nothing about the time left
            self._timed_from = (now, self._step)
        if self._bar is not None:
            rate = self._rate(now)
            speed = f"{rate * self.images_per_step:.1f} images/s, " if rate else ""
            self._bar.set_postfix_str(speed + _losses(logs), refresh=False)
            self._bar.update(self._step - before)
        elif now - self._last_line >= LINE_SECONDS or self._step >= self.total_steps:
            self._print_line(now, logs)

    def on_train_end(self, logs=None):
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _rate(self, now):
        """Steps per second since the first one ended, 0 as long as there was no other."""
        start, first = self._timed_from
        return (self._step - first) / (now - start) if self._step > first and now > start else 0.0

    def _print_line(self, now, logs):
        self._last_line = now
        rate, timing = self._rate(now), ""
        if rate:
            left = tqdm.format_interval(max(0, self.total_steps - self._step) / rate)
            timing = f", {rate:.2f} steps/s, {rate * self.images_per_step:.1f} images/s, {left} left"
        share = self._step / self.total_steps
        progress = f"{self.stage_name}: step {self._step} of {self.total_steps} ({share:.0%})"
        print(f"{progress}{timing}: {_losses(logs)}", file=self.file, flush=True)


class MetricsCsv(keras.callbacks.Callback):
    """A row per epoch: step, stage, epoch, time (seconds of training so far, over all sessions) and
    everything in the logs.

    New quantities get a column, empty in earlier rows. After a resume, rows of this stage beyond the step
    resumed from, and all that follow them, are removed: those epochs run again. A line cut short by a kill is
    dropped.

    Args:
        path: of the CSV file, appended to when it exists.
        stage_name: for the column `stage`.
    """

    def __init__(self, path, stage_name):
        super().__init__()
        self.path, self.stage_name = Path(path), stage_name

    def on_train_begin(self, logs=None):
        self._columns, rows = [*_OWN], self._read()
        step = training_step(self.model)
        for index, row in enumerate(rows):
            if row["stage"] == self.stage_name and int(row["step"]) > step:
                rows = rows[:index]
                break
        if rows:
            self._columns = list(rows[0])
        self._seconds_before = float(rows[-1]["time"]) if rows else 0.0
        self._started = time.monotonic()
        self._rewrite(rows)

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        new = [name for name in logs if name not in self._columns]
        if new:
            rows = self._read()
            self._columns += new
            self._rewrite(rows)
        row = {
            "step": training_step(self.model),
            "stage": self.stage_name,
            "epoch": epoch,
            "time": round(self._seconds_before + time.monotonic() - self._started, 1),
            **{name: f"{float(value):.7g}" for name, value in logs.items()},
        }
        try:
            with open(self.path, "a", newline="") as file:
                file.write(self._format([row]))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise GflaError(f"Cannot write metrics to {self.path}: {error.strerror}.") from error

    def _read(self):
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, NotADirectoryError):  # writing it says what is wrong
            return []
        except OSError as error:
            raise GflaError(
                f"Cannot read metrics from {self.path}: {error.strerror}; move it away."
            ) from error
        try:
            rows = list(csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1].replace("\0", ""))))
        except csv.Error:
            rows = [{"damaged": ""}]
        if rows and not set(_OWN) <= rows[0].keys():
            raise GflaError(
                f"{self.path} is not a metrics file of a training run: move it away or name another run."
            )
        sound = [row for row in rows if _is_sound(row)]
        if len(sound) < len(rows):
            _log.warning("Left out %d damaged rows of %s.", len(rows) - len(sound), self.path)
        return sound

    def _format(self, rows, header=False):
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, self._columns, restval="", lineterminator="\n")
        if header:
            writer.writeheader()
        writer.writerows(rows)
        return buffer.getvalue()

    def _rewrite(self, rows):
        try:
            write_whole(self.path, self._format(rows, header=True).encode())
        except OSError as error:
            raise GflaError(f"Cannot write metrics to {self.path}: {error.strerror}.") from error


class StopOnNonFinite(keras.callbacks.Callback):
    """Ends training with a `GflaError` at the first loss or gradient in the logs that is NaN or infinite.

    It names the terms that are; if none is, those whose gradients are. With steps_per_execution > 1 it sees every
    step, for the logs are running means. Placed before the `CheckpointCallback`, it keeps that from saving;
    `Checkpoints.save` refuses non-finite weights besides.

    Args:
        checkpoints: the `Checkpoints` whose newest the message names.
        terms_of: function of the model and the number of steps that were made before this one, which gives the names of
            the generator's terms whose gradients are not finite.
    """

    def __init__(self, checkpoints, terms_of=None):
        super().__init__()
        self.checkpoints, self.terms_of = checkpoints, terms_of

    def on_train_batch_end(self, batch, logs=None):
        bad = {name: float(value) for name, value in (logs or {}).items() if not math.isfinite(value)}
        if bad:
            latest = self.checkpoints.latest
            remedy = f"the last good checkpoint is {latest}" if latest else "there is no checkpoint yet"
            raise GflaError(
                f"Training stopped at step {training_step(self.model)}: {self._told(bad)}; {remedy}, "
                "resume from there with a smaller learning rate or stronger gradient clipping."
            )

    def _told(self, bad):
        # The total and the norms follow from the terms.
        names = [name for name in bad if not name.endswith("_gradient_norm")]
        names = [name for name in names if name != "generator_loss"] or names or list(bad)
        told = [f"{name} is {bad[name]}" for name in names]
        if names == ["generator_gradient_norm"] and self.terms_of is not None:
            terms = self.terms_of(self.model, training_step(self.model) - 1)
            told += [f"and so is the gradient of {term}, which itself is finite" for term in terms]
        return ", ".join(told)


def _is_sound(row):
    """Whether a row of a metrics file can be gone on from: a damaged disk, or an editor, may have changed it."""
    try:
        return (
            int(row["step"]) >= 0
            and math.isfinite(float(row["time"]))
            and bool(row["stage"])
            and None not in row
        )
    except (ValueError, TypeError):
        return False


def _losses(logs):
    shown = {name: value for name, value in (logs or {}).items() if not name.endswith("_gradient_norm")}
    return ", ".join(f"{name} {float(value):.3g}" for name, value in shown.items())
