"""Programs that fetch for us, such as pip and npm: run in a folder, and told in a few words why they failed."""

import os
import subprocess

from gfla_tf.errors import reason_of

PATIENCE = 600  # seconds


def run_client(command, folder):
    """Runs a program in a folder, without input.

    What a project's own settings in the current folder say does not matter there.

    Args:
        command: list of words.
        folder: path.

    Returns:
        why it failed, without a period, and the remedy where that is known; an empty string where it did not.
    """
    environment = {**os.environ, "npm_config_update_notifier": "false"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, errors="replace",
            stdin=subprocess.DEVNULL, timeout=PATIENCE,
        )  # fmt: skip
    except FileNotFoundError:
        return f"there is no {command[0]}: install it"
    except subprocess.TimeoutExpired:
        return f"no answer within {PATIENCE} seconds"
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    told = [line for line in lines if "error" in line.lower()] or lines or ["no reason given"]
    return reason_of(Exception(told[-1]))
