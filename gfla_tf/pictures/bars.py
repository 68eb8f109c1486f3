"""Bars that are stacked of named pieces, drawn by Matplotlib."""

import io

from gfla_tf.errors import GflaError
from gfla_tf.files import write_whole

_BARS, _PIECES = 20, 8


def write_bars(path, bars, title, unit="ms"):
    """Draws horizontal bars, the longest above; pieces beyond the eight largest kinds are one.

    Args:
        path: of the .png.
        bars: {bar: {piece: length}}.
        title: above the picture.
        unit: of lengths.

    Raises:
        GflaError: the picture cannot be written.
    """
    from matplotlib.figure import Figure

    totals = {name: sum(pieces.values()) for name, pieces in bars.items()}
    names = sorted(totals, key=totals.get, reverse=True)[:_BARS]
    of_kind = {}
    for pieces in bars.values():
        for piece, length in pieces.items():
            of_kind[piece] = of_kind.get(piece, 0.0) + length
    shown = sorted(of_kind, key=of_kind.get, reverse=True)[:_PIECES]
    figure = Figure(figsize=(9, 1.2 + 0.32 * len(names)), layout="constrained")
    axes, left = figure.add_subplot(title=title, xlabel=unit), [0.0] * len(names)
    for piece in (*shown, "other"):
        lengths = [
            bars[name].get(piece, 0.0)
            if piece != "other"
            else totals[name] - sum(bars[name].get(each, 0.0) for each in shown)
            for name in names
        ]
        axes.barh(names, lengths, left=left, label=piece, color="lightgray" if piece == "other" else None)
        left = [a + b for a, b in zip(left, lengths, strict=True)]
    axes.invert_yaxis()
    axes.legend(fontsize="small", loc="lower right")
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=100)
    try:
        write_whole(path, content.getvalue())
    except OSError as error:
        raise GflaError(f"Cannot write the picture {path} ({error.strerror}): name another file.") from error
