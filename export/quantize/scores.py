"""What each variant of a network costs and loses: a table in Markdown and JSON, and a strip of pictures.

Every variant runs on the same held-out samples, animations from the frames that they drew themselves, and is compared with the
float32 variant of the same form.
"""

import dataclasses
import json

import numpy as np
from gfla_tf.export.convert.keras_check import as_float
from gfla_tf.export.convert.staging import staged
from gfla_tf.export.quantize.cost import THREADS, measure
from gfla_tf.export.quantize.representative import run_through
from gfla_tf.export.quantize.variants import FLOAT32

from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.metrics.end_point_error import end_point_error, upsample_flow
from gfla_tf.metrics.image import l1, psnr, ssim
from gfla_tf.pictures.drawing import labeled_grid, to_uint8, write_png

SHOWN = 4  # samples in the strip
MAGNIFIED = 16  # times, in the strip
FILES = ("report.md", "report.json", "strip.png")
_COLUMNS = {
    "MB": ("bytes", lambda x: f"{x / 1e6:.2f}"),
    "ms": ("milliseconds", lambda x: f"{x:.1f}"),
    "peak MB": ("peak_bytes", lambda x: f"{x / 1e6:.0f}"),
    "PSNR dB": ("psnr", lambda x: f"{x:.1f}"),
    "worst dB": ("worst_psnr", lambda x: f"{x:.1f}"),
    "SSIM": ("ssim", lambda x: f"{x:.4f}"),
    "LPIPS": ("lpips", lambda x: f"{x:.4f}"),
    "flow px": ("flow_change", lambda x: f"{x:.3f}"),
    "true flow px": ("flow_error", lambda x: f"{x:.2f}"),
    "L1 to truth": ("true_l1", lambda x: f"{x:.4f}"),
    "in float": ("kept", str),
}
_MEANINGS = f"""ms: median of one call on the CPU of this machine, {THREADS} threads, XNNPACK. peak MB: what loading and running
adds to the process. PSNR, SSIM, LPIPS: of the picture against float32's, over all samples; worst: of the worst sample. flow px:
mean distance of the finest flow from float32's, in pixels of the image; true flow px: from the true flow, where it is visible. L1
to truth: of pictures in [-1, 1]. in float: operations with weights that a quantized variant keeps in float."""


@dataclasses.dataclass
class Scored:
    """The outcome of `score`.

    Attributes:
        title: of the network.
        rows: a dict for each variant: variant, file, and the values of the table that are known.
        notes: sentences about what is left out, and why.
        pictures: {variant: uint8 pictures of the first samples}, and source and target.
    """

    title: str
    rows: list
    notes: list
    pictures: dict


def score(source, results, samples, lpips):
    """Runs variants on samples.

    Args:
        source: `gfla_tf.export.convert.sources.Source`.
        results: of `gfla_tf.export.convert.conversion.convert`, of one form, float32 among them.
        samples: held-out ones, a list of `gfla_tf.export.quantize.representative.Sample`.
        lpips: function from two lists of float pictures in [-1, 1] to a number, or a sentence that says why there is none.

    Returns:
        `Scored`.
    """
    files = sorted((r for r in results if r.operations), key=lambda r: r.variant != FLOAT32)
    rows, pictures, reference = [], {}, None
    for result in files:
        model = TFLiteModel(result.path)
        outputs = [_kept(outputs) for _, outputs in run_through(model, samples, source)]
        reference = reference or outputs
        cost = measure(result.path)
        rows.append(
            {
                "variant": result.variant,
                "file": result.path.name,
                "bytes": result.bytes,
                "milliseconds": 1e3 * sum(cost["seconds"].values()),
                "milliseconds_of": {name: 1e3 * seconds for name, seconds in cost["seconds"].items()},
                "peak_bytes": cost["peak_bytes"],
                **_against(outputs, reference, lpips),
                **_against_truth(outputs, samples),
                "kept": len(result.kept),
            }
        )
        if "generated" in outputs[0]:
            pictures[result.variant] = [to_uint8(o["generated"][0]) for o in _some(outputs)]
    notes = [f"LPIPS is left out: {lpips}."] if isinstance(lpips, str) else []
    if pictures:
        pictures["source"] = [_picture(sample) for sample in _some(samples)]
        pictures["target"] = [sample.truth.get("target_image") for sample in _some(samples)]
    size = " x ".join(map(str, getattr(source.generator, "image_size", ())))
    return Scored(
        f"{source.name} {size}, {len(samples)} held-out samples".replace("  ", " "), rows, notes, pictures
    )


def table(scored):
    """The rows as a Markdown table."""
    known = {
        title: entry
        for title, entry in _COLUMNS.items()
        if any(row.get(entry[0]) is not None for row in scored.rows)
    }
    lines = ["| variant | " + " | ".join(known) + " |", "|---" * (len(known) + 1) + "|"]
    for row in scored.rows:
        cells = ("" if row.get(key) is None else show(row[key]) for key, show in known.values())
        lines.append(f"| {row['variant']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write_report(scored, directory):
    """Writes `FILES` into a directory, made if missing; a `GflaError` if it cannot be written."""
    text = "\n\n".join([f"# {scored.title}", table(scored), *scored.notes, _MEANINGS]) + "\n"
    document = {"title": scored.title, "notes": scored.notes, "variants": scored.rows}
    files = FILES if scored.pictures else FILES[:2]
    with staged(directory, files) as temporary:
        (temporary / files[0]).write_text(text)
        (temporary / files[1]).write_text(json.dumps(document, indent=1) + "\n")
        if scored.pictures:
            write_png(temporary / files[2], strip(scored))


def strip(scored):
    """uint8 picture: for each sample a row of source, truth, float32, and each variant beside its magnified difference."""
    pictures, rows = scored.pictures, []
    variants = [row["variant"] for row in scored.rows]
    for i, reference in enumerate(pictures[FLOAT32]):
        row = [("source", pictures["source"][i]), ("truth", pictures["target"][i]), (FLOAT32, reference)]
        for variant in variants[1:]:
            change = np.abs(pictures[variant][i].astype(int) - reference)
            row += [
                (variant, pictures[variant][i]),
                (f"difference x {MAGNIFIED}", np.clip(MAGNIFIED * change, 0, 255).astype(np.uint8)),
            ]
        rows.append([entry for entry in row if entry[1] is not None])
    return labeled_grid(rows, cell=160, title=scored.title)


def _some(samples):
    """What the strip shows of a list: some of all, as neighbors are frames of the same clip."""
    return [samples[k] for k in sorted({*np.linspace(0, len(samples) - 1, SHOWN).astype(int)})]


def _kept(outputs):
    """Of a network's outputs what is compared: the picture, or what there is instead, and the finest flow of each source."""
    flows = sorted((name for name in outputs if name.startswith("flow_")), key=_level)
    finest = [name for name in flows if _level(name) == _level(flows[0])]
    main = "generated" if "generated" in outputs else next(iter(outputs))
    return {name: outputs[name] for name in (main, *finest)}


def _level(name):
    return int(name.rsplit("_", 1)[1])


def _main(outputs):
    return as_float(next(iter(outputs.values())))


def _against(outputs, reference, lpips):
    """Scores against float32's outputs."""
    errors = [np.mean((_main(a) - _main(b)) ** 2) for a, b in zip(outputs, reference, strict=True)]
    result = {}
    if outputs is not reference:
        result = {"psnr": psnr(np.mean(errors)), "worst_psnr": psnr(np.max(errors))}
    if "generated" not in outputs[0] or outputs is reference:
        return result
    drawn, wanted = (
        np.concatenate([_main(o) for o in each]).astype(np.float32) for each in (outputs, reference)
    )
    result["ssim"] = ssim(drawn, wanted)
    if not isinstance(lpips, str):
        result["lpips"] = lpips(drawn, wanted)
    flows = [name for name in outputs[0] if name.startswith("flow_")]
    if flows:
        changes = [
            np.linalg.norm(a[name] - b[name], axis=-1).mean() * 2 ** _level(name)
            for a, b in zip(outputs, reference, strict=True) for name in flows
        ]  # fmt: skip
        result["flow_change"] = float(np.mean(changes))
    return result


def _against_truth(outputs, samples):
    """Scores against what is known of the truth."""
    result = {}
    if "generated" in outputs[0] and "target_image" in samples[0].truth:
        drawn = np.concatenate([_main(o) for o in outputs]).astype(np.float32)
        wanted = np.stack([sample.truth["target_image"] for sample in samples]).astype(np.float32) / 127.5 - 1
        result["true_l1"] = l1(drawn, wanted)
    errors = []
    for name in outputs[0]:
        role = name.removeprefix("flow").rsplit("_", 1)[0]  # "", or "_reference" of an animation
        known = [sample.truth for sample in samples]
        if name.startswith("flow_") and f"flow{role}" in known[0]:
            true, visible = (
                np.stack([truth[f"{kind}{role}"] for truth in known]) for kind in ("flow", "visibility")
            )
            flows = np.concatenate([o[name] for o in outputs])
            visible = visible.reshape(true.shape[:3]) > 0
            errors.append(
                end_point_error(upsample_flow(flows, true.shape[1:3]), true.astype(np.float32), visible)
            )
    return {**result, "flow_error": float(np.mean(errors))} if errors else result


def _picture(sample):
    """The source's or the reference's picture."""
    return next(
        value[0] for name, value in sample.inputs.items() if name in ("source_image", "reference_image")
    )
