"""What `gfla prepare` tells: what was kept and dropped, why, and what to do; and a sheet of pictures with their skeletons."""

import json
from pathlib import Path

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.files import write_whole
from gfla_tf.io.pictures import read_picture
from gfla_tf.keypoints.pose_files import find_pose
from gfla_tf.pictures.drawing import draw_skeleton, labeled_grid, write_png

FOLDER = "report"
REMEDIES = {
    "unreadable": "put an undamaged copy there, or remove it",
    "HEIC without its library": "pip install pillow-heif, or save it as JPEG",
    "unreadable mask": "write the mask again as PNG, or remove it",
    "mask of another size": "make the mask as large as its picture, or remove it",
    "unreadable pose file": "write it again with gfla poses, or remove it",
    "no pose file": "the folder of poses has fewer files than the film has frames: write it again with gfla poses",
    "joints outside": "the pose is of another picture or size: write it again with gfla poses",
    "nobody found": "take pictures that show the whole person, or put a pose file beside",
    "too few joints": "take pictures that show more of the person",
    "too small": "take pictures from nearer, or prepare for smaller images with --size",
    "near-duplicate": "nothing: a picture that shows the same is kept",
}
_COLUMNS, _SHOWN = 6, 24


def summary(notes):
    """The report as Markdown: a line for each source, then each reason with its first file and the remedy."""
    lines = ["| person | source | looked at | kept | dropped |", "|---|---|---|---|---|"]
    for note in notes:
        dropped = ", ".join(f"{len(origins)} {reason}" for reason, origins in sorted(note["dropped"].items()))
        lines.append(
            f"| {note['person']} | {note['source']} | {note['looked_at']} | {len(note['kept'])} | {dropped or '-'} |"
        )
    reasons = {}
    for note in notes:
        for reason, origins in note["dropped"].items():
            reasons.setdefault(reason, []).extend(origins)
    lines.append("")
    for reason, origins in sorted(reasons.items()):
        more = f" and {len(origins) - 1} more" if len(origins) > 1 else ""
        lines.append(f"- {reason}: {origins[0]}{more}: {REMEDIES[reason]}.")
    lonely = [
        note["person"]
        for note in notes
        if sum(len(n["kept"]) for n in notes if n["person"] == note["person"]) == 1
    ]
    lines += [
        f"- {person} has one picture and so no partner: add another, or leave the person out."
        for person in lonely
    ]
    return "\n".join(lines)


def write_preparation_report(notes, output):
    """Writes report.md, report.json and contact_sheet.png into OUTPUT/report.

    Raises:
        GflaError: they cannot be written.
    """
    folder = Path(output) / FOLDER
    try:
        write_whole(folder / "report.md", f"# Prepared people\n\n{summary(notes)}\n".encode())
        write_whole(folder / "report.json", json.dumps(notes, indent=1, sort_keys=True).encode())
    except OSError as error:
        raise GflaError(
            f"Cannot write the report to {folder} ({error.strerror}): make room there."
        ) from error
    kept = [name for note in notes for name in note["kept"]]
    if kept:
        write_png(folder / "contact_sheet.png", contact_sheet(output, kept))


def contact_sheet(output, names):
    """uint8 picture of some of the pictures, spread over all, with their skeletons."""
    chosen = [names[k] for k in sorted({*np.linspace(0, len(names) - 1, _SHOWN).astype(int)})]
    cells = []
    for name in chosen:
        path = Path(output) / name
        cells.append(
            (
                name.rsplit(".", 1)[0][-24:],
                draw_skeleton(read_picture(path), find_pose(path.with_suffix(".json"))),
            )
        )
    rows = [cells[start : start + _COLUMNS] for start in range(0, len(cells), _COLUMNS)]
    return labeled_grid(rows, cell=160, title=f"{len(names)} pictures")
