"""What an evaluation found: JSON lines, a table with intervals, and a page of the best and the worst pictures."""

import json
from pathlib import Path

from gfla_tf.errors import GflaError
from gfla_tf.evaluation.lines import DIGITS
from gfla_tf.evaluation.pictures import at_size, read_picture
from gfla_tf.evaluation.scores import PAIR_SCORES, SET_SCORES
from gfla_tf.files import write_whole
from gfla_tf.metrics.bootstrap import RESAMPLINGS, interval
from gfla_tf.pictures.drawing import labeled_grid, write_png

FILES = ("results.jsonl", "results.md", "best_and_worst.png")
SHOWN = 4  # of the best and of the worst
_SHARED = (
    "l1",
    "masked_l1",
    "person_l1",
    "lpips",
    "lpips_vgg16",
    "masked_lpips",
    "person_lpips",
    "flow_error",
)
_JUDGING = ("lpips", "ssim", "l1", "psnr")  # the first one that there is decides what is best


def results(judged):
    """One dict for each score of a `Judged`: score, value, low and high where it has an interval, pairs, and its origin.

    Behind them stand the shares of its rivals' scores, such as "lpips / copying".
    """
    rows = []
    for name in PAIR_SCORES:
        values = [row[name] for row in judged.rows if row.get(name) is not None]
        if values:
            value, low, high = interval(values)
            rows.append({"score": name, "value": value, "low": low, "high": high, "counted": len(values)})
    for name in SET_SCORES:
        if name in judged.distances:
            row = {"score": name, "value": judged.distances[name], "counted": len(judged.pairs)}
            if (deviation := judged.distances.get(f"{name}_deviation")) is not None:
                row["deviation"] = deviation
            rows.append(row)
    for whose, rivals in judged.rivals.items():
        for name in _SHARED:
            both = [(row.get(name), other.get(name)) for row, other in zip(judged.rows, rivals, strict=True)]
            both = [pair for pair in both if None not in pair]
            if both and any(other for _, other in both):
                value, low, high = interval(*zip(*both))
                row = {"value": value, "low": low, "high": high, "counted": len(both)}
                rows.append({"score": f"{name} / {whose}", **row})
    rounded = [
        {key: round(x, DIGITS) if isinstance(x, float) else x for key, x in row.items()} for row in rows
    ]
    return [{"protocol": judged.protocol.name, **row, "origin": judged.origin} for row in rounded]


def table(judgments):
    """Scores and their intervals, a column for each `Judged` and, of several protocols, the largest difference between them."""
    columns = [{row["score"]: row for row in results(judged)} for judged in judgments]
    known = dict.fromkeys(name for column in columns for name in column)
    protocols = [number for number, judged in enumerate(judgments) if not judged.is_copy]
    several = len(protocols) > 1
    names = [judged.protocol.name for judged in judgments] + ["differ by"] * several
    lines = [f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for name in known:
        cells = [_cell(column.get(name)) for column in columns]
        if several:
            values = [columns[number][name]["value"] for number in protocols if name in columns[number]]
            cells.append(f"{max(values) - min(values):.4g}" if len(values) > 1 else "")
        arrow = "↑" if PAIR_SCORES.get(name) else "↓"  # shares are those of scores that should be small
        lines.append(f"| {name} {arrow} | {' | '.join(cells)} |")
    return "\n".join(lines)


def write_report(judgments, output, sources=None):
    """Writes `FILES` into a folder.

    Args:
        judgments: list of `Judged` of the same pictures.
        output: folder.
        sources: folder of the pictures that the generated ones were drawn from, under their names; None where there is none.

    Raises:
        GflaError: a file cannot be written.
    """
    output, first = Path(output), judgments[0]
    notes = list(dict.fromkeys(note for judged in judgments for note in judged.notes))
    text = "\n\n".join([
        f"# {len(first.pairs)} pictures",
        table(judgments),
        f"In brackets: the 95 % interval of the mean over pictures ({RESAMPLINGS} resamplings), or the deviation over subsets.",
        *notes,
        *(f"Protocol {each.protocol.name}: {each.protocol.checked}." for each in judgments if not each.is_copy),
        *[f"{judged.protocol.name}: {json.dumps(judged.origin, sort_keys=True)}" for judged in judgments],
    ])  # fmt: skip
    lines = [json.dumps(row, sort_keys=True) for judged in judgments for row in results(judged)]
    try:
        write_whole(output / FILES[0], "".join(f"{line}\n" for line in lines).encode())
        write_whole(output / FILES[1], f"{text}\n".encode())
    except OSError as error:
        raise GflaError(
            f"Cannot write the report to {output} ({error.strerror}): make room there."
        ) from error
    write_png(output / FILES[2], best_and_worst(first, sources))


def best_and_worst(judged, sources=None):
    """uint8 picture: the best pairs, then the worst, by LPIPS or what there is instead."""
    name = next((name for name in _JUDGING if any(row.get(name) is not None for row in judged.rows)), None)
    ranked = [number for number, row in enumerate(judged.rows) if name and row.get(name) is not None]
    ranked.sort(key=lambda number: judged.rows[number][name], reverse=PAIR_SCORES.get(name, False))
    count = min(SHOWN, max(1, len(ranked) // 2))
    chosen = [("best", n) for n in ranked[:count]] + [("worst", n) for n in ranked[-count:]]
    rows = []
    for which, number in chosen or [("first", 0)]:
        pair, truth = judged.pairs[number], read_picture(judged.pairs[number].truth)
        drawn = at_size(read_picture(pair.generated), truth.shape[:2], "pillow_bilinear")
        row = [("truth", truth), (_told(which, name, judged.rows[number]), drawn)]
        source = sources and Path(sources) / f"{pair.name}.png"
        if source and source.is_file():
            row.insert(0, ("source", read_picture(source)))
        rows.append(row)
    return labeled_grid(rows, cell=192, title=f"by {name}" if name else "")


def _told(which, name, row):
    return which if name is None else f"{which} {row[name]:.4f}"


def _cell(row):
    if row is None:
        return ""
    value = f"{row['value']:.4f}"
    if "low" in row:
        return f"{value} [{row['low']:.4f}, {row['high']:.4f}]"
    return f"{value} [± {row['deviation']:.4f}]" if "deviation" in row else value
