"""Cars: a body, a cabin and wheels, from a bus to a sports car, and what stands on roofs."""

import dataclasses

from gfla_tf.synthetic.objects.car_paint import BodyPaint, CabinPaint, WheelPaint, draw_livery
from gfla_tf.synthetic.objects.paint import draw_color, draw_contrast, patterned, plain
from gfla_tf.synthetic.objects.solids import box, extrusion, strut

# Least and greatest length, width and height in meters; then shares of the length for bonnet, windscreen, roof and rear window
# (what is left is the boot, or the bed of a pickup); height of the windows' lower edge as a share of the height.
KINDS = {
    "sedan": ((4.3, 4.9), (1.74, 1.86), (1.38, 1.48), (0.26, 0.14, 0.25, 0.15), 0.64),
    "hatchback": ((3.5, 4.2), (1.62, 1.78), (1.44, 1.56), (0.23, 0.14, 0.43, 0.13), 0.63),
    "estate": ((4.4, 4.9), (1.74, 1.86), (1.42, 1.54), (0.25, 0.13, 0.50, 0.09), 0.63),
    "off_road": ((4.1, 4.8), (1.78, 1.94), (1.70, 1.90), (0.24, 0.09, 0.58, 0.05), 0.62),
    "coupe": ((4.1, 4.6), (1.78, 1.90), (1.20, 1.32), (0.31, 0.17, 0.16, 0.27), 0.66),
    "van": ((4.5, 5.2), (1.80, 2.00), (1.90, 2.20), (0.13, 0.11, 0.72, 0.02), 0.56),
    "bus": ((5.6, 6.4), (1.95, 2.10), (2.20, 2.50), (0.02, 0.04, 0.91, 0.02), 0.50),
    "pickup": ((4.8, 5.4), (1.80, 1.98), (1.65, 1.80), (0.25, 0.09, 0.20, 0.03), 0.60),
    "lorry": ((5.2, 5.9), (1.90, 2.10), (1.85, 2.05), (0.13, 0.08, 0.14, 0.01), 0.58),
}
WEIGHTS = {"sedan": 3, "hatchback": 3, "estate": 1.5, "off_road": 2, "coupe": 2, "van": 1.8, "bus": 1, "pickup": 1.5,
           "lorry": 1}  # fmt: skip
EXTRAS = {
    "sedan": {"none": 4, "taxi": 1, "siren": 1}, "hatchback": {"none": 4, "spoiler": 1, "rack": 1},
    "estate": {"none": 2, "rack": 2, "siren": 0.7}, "off_road": {"none": 2, "rack": 2, "spare": 1.5},
    "coupe": {"none": 2, "wing": 2}, "van": {"none": 2, "rack": 1, "siren": 1}, "bus": {"none": 1},
    "pickup": {"none": 2, "bar": 1.5}, "lorry": {"none": 1},
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Shape:
    """Measures of one car in meters; places along its length are z, the front is positive.

    wheels: (z of the front axle, z of the rear axle); bonnet, roof, rear: z where the bonnet ends, (front, back) of the roof,
    and z where the rear window ends at the belt; belt: height of the windows' lower edge.
    """

    kind: str
    length: float
    width: float
    height: float
    clearance: float
    radius: float
    wheels: tuple
    belt: float
    bonnet: float
    roof: tuple
    rear: float


def draw_shape(draws):
    kind = draws.weighted(WEIGHTS)
    lengths, widths, heights, shares, belt = KINDS[kind]
    length, width, height = draws.uniform(*lengths), draws.uniform(*widths), draws.uniform(*heights)
    bonnet, screen, roof, rear = (share * draws.uniform(0.92, 1.08) * length for share in shares)
    front = length / 2
    end = -length / 2 + 0.03
    marks = [front - bonnet, front - bonnet - screen, max(front - bonnet - screen - roof, end + 0.03)]
    last = max(marks[2] - rear, end)
    high = kind in ("off_road", "pickup", "lorry")
    radius = draws.uniform(0.36, 0.43) if high else draws.uniform(0.30, 0.36)
    overhang = (0.155 if kind != "bus" else 0.2) * length
    return Shape(
        kind, length, width, height,
        clearance=draws.uniform(0.28, 0.36) if high else draws.uniform(0.17, 0.24),
        radius=radius,
        wheels=(front - max(overhang, radius + 0.22), -front + max(1.15 * overhang, radius + 0.24)),
        belt=belt * height * draws.uniform(0.97, 1.03),
        bonnet=marks[0], roof=(marks[1], marks[2]), rear=last,
    )  # fmt: skip


def draw_car(draws):
    """The solids of a random car, whose wheels stand on y = 0."""
    shape = draw_shape(draws)
    color = draw_color(draws)
    livery = draw_livery(draws, color, shape)
    body = BodyPaint(shape, livery)
    roof = draw_contrast(draws, color) if draws.chance(0.18) else color
    cabin = CabinPaint(shape, livery, roof)
    solids = [_body(shape, body), _cabin(shape, cabin), *_wheels(draws, shape)]
    dark = plain((0.13, 0.13, 0.14))
    trim = dark if draws.chance(0.4) else plain(color * 0.92)
    solids += _bumpers(shape, trim) + _mirrors(shape, trim)
    if shape.kind == "pickup":
        solids += _bed(shape, body, dark)
    if shape.kind == "lorry":
        solids += _cargo(draws, shape, color)
    return tuple(solids + _extra(draws, shape, color, dark))


def _body(s, paint):
    front, nose = s.length / 2, s.belt * (0.72 if s.kind not in ("van", "bus", "lorry", "off_road") else 0.86)
    tail = s.belt - 0.04 if s.kind not in ("sedan", "coupe") else s.belt - 0.07
    if s.kind in ("pickup", "lorry"):
        tail = s.belt - 0.14 if s.kind == "pickup" else 0.62
        deck = [(s.rear, tail), (-front, tail - 0.01)]
        profile = (
            [(s.rear, s.belt), *deck] if s.kind == "lorry" else [(s.rear, s.belt), (-front, s.belt - 0.02)]
        )
    else:
        profile = [(min(s.rear, -front + 0.12), s.belt), (-front + 0.02, tail)]
    if s.kind == "lorry":  # a flat frame: the cab has a solid of its own
        profile, bonnet = [(-front, tail)], [(front - 0.03, tail), (front, tail - 0.03)]
    else:
        bonnet = [(s.bonnet, s.belt), (front - 0.10, nose), (front - 0.02, nose - 0.12)]
    profile = [(front - 0.06, s.clearance), (front, s.clearance + 0.22), *reversed(bonnet), *profile,
               (-front, s.clearance + 0.3), (-front + 0.1, s.clearance)]  # fmt: skip
    return extrusion(_convex(profile), -s.width / 2, s.width / 2, paint, 0.10, rounding=0.12)


def _convex(corners):
    """The corners of the convex hull, in order."""
    corners = sorted(set(corners))

    def half(points):
        chain = []
        for p in points:
            while len(chain) > 1 and (
                (chain[-1][0] - chain[-2][0]) * (p[1] - chain[-2][1])
                <= (chain[-1][1] - chain[-2][1]) * (p[0] - chain[-2][0]) + 1e-9
            ):
                chain.pop()
            chain.append(p)
        return chain[:-1]

    return half(corners) + half(corners[::-1])


def _cabin(s, paint):
    low = s.belt - 0.05 if s.kind != "lorry" else s.clearance + 0.1
    base = [(s.bonnet, s.belt), (s.rear, s.belt)]
    profile = [*base, (s.roof[0], s.height - 0.04), (s.roof[0] - 0.12, s.height), (s.roof[1] + 0.1, s.height),
               (s.roof[1], s.height - 0.04), (s.bonnet + 0.02, low), (s.rear - 0.02, low)]  # fmt: skip
    if s.kind == "lorry":
        nose = s.length / 2
        profile += [(nose - 0.02, low), (nose, low + 0.25), (nose - 0.12, s.belt - 0.25)]
    lean = 0.08 if s.kind in ("van", "bus", "lorry") else 0.28
    half = s.width / 2 - (0.02 if s.kind in ("van", "bus", "lorry") else 0.05)
    return extrusion(_convex(profile), -half, half, paint, 0.07, lean, rounding=0.1)


def _wheels(draws, s):
    paint = WheelPaint.draw(draws, s)
    half, thick = s.width / 2 + 0.015, draws.uniform(0.2, 0.26)
    wheels = []
    for z in s.wheels:
        for side in (-1, 1):
            inner, outer = (side * (half - thick), s.radius, z), (side * half, s.radius, z)
            wheels.append(strut(inner, outer, (s.radius, 0.97 * s.radius), paint, 16))
    return wheels


def _bumpers(s, paint):
    if s.kind == "lorry":
        return []
    y, half, end = s.clearance + 0.05, s.width / 2 - 0.03, s.length / 2
    return [
        box((-half, y, z - 0.06), (half, y + 0.2, z + 0.06), paint, 0.06) for z in (end - 0.02, 0.02 - end)
    ]


def _mirrors(s, paint):
    z, y = s.bonnet - 0.28 * (s.bonnet - s.roof[0]) - 0.05, s.belt + 0.03
    out = s.width / 2
    return [
        box((min(side * (out - 0.05), side * (out + 0.13)), y, z - 0.05),
            (max(side * (out - 0.05), side * (out + 0.13)), y + 0.15, z + 0.06), paint)
        for side in (-1, 1)
    ]  # fmt: skip


def _bed(s, paint, dark):
    """The sides of a pickup's bed stand above a dark floor, which covers the body's top."""
    top, half, back = s.belt + 0.12, s.width / 2 - 0.02, -s.length / 2 + 0.03
    floor = box((-half + 0.1, s.belt - 0.03, back + 0.08), (half - 0.1, s.belt + 0.015, s.rear - 0.02), dark)
    sides = [
        box((min(x, x - 0.1 * side), s.belt - 0.1, back), (max(x, x - 0.1 * side), top, s.rear), paint)
        for side in (-1, 1)
        for x in (side * half,)
    ]
    return [floor, *sides, box((-half, s.belt - 0.1, back), (half, top, back + 0.09), paint)]


def _cargo(draws, s, color):
    first = draw_color(draws, 0.5, (0.5, 0.93))
    second = draw_contrast(draws, first)
    pattern = draws.weighted({"none": 2, "horizontal": 1, "diagonal": 1, "checks": 1, "vertical": 1})
    paint = plain(first)
    if pattern != "none":
        paint = patterned(pattern, first, second, draws.uniform(0.7, 1.3), draws.uniform())
    half = s.width / 2 + 0.02
    top = s.height + draws.uniform(0.0, 0.45)
    return [box((-half, 0.62, -s.length / 2), (half, top, s.rear - 0.1), paint, 0.03)]


def _extra(draws, s, color, dark):
    extra = draws.weighted(EXTRAS[s.kind])
    half, (front, back), top = s.width / 2 - 0.25, s.roof, s.height
    middle = (front + back) / 2
    if extra == "taxi":
        return [
            box(
                (-0.3, top - 0.02, middle - 0.1),
                (0.3, top + 0.16, middle + 0.1),
                plain((0.98, 0.85, 0.25)),
                0.03,
            )
        ]
    if extra == "siren":
        return [
            box((x, top - 0.02, middle - 0.1), (x + 0.45, top + 0.14, middle + 0.1), plain(c), 0.03)
            for x, c in ((-0.47, (0.15, 0.25, 0.95)), (0.02, (0.95, 0.12, 0.12)))
        ]
    if extra == "rack":
        return [
            box((min(x, x + side * 0.06), top - 0.02, back + 0.2), (max(x, x + side * 0.06), top + 0.08, front - 0.25), dark)
            for side in (-1, 1)
            for x in (side * half,)
        ]  # fmt: skip
    if extra in ("wing", "spoiler"):
        z, y = (-s.length / 2 + 0.08, s.belt + 0.16) if extra == "wing" else (back - 0.1, top - 0.02)
        wing = box(
            (-half - 0.1, y, z - 0.1), (half + 0.1, y + 0.05, z + 0.16), plain(draw_contrast(draws, color))
        )
        posts = [
            box((x - 0.03, s.belt - 0.1, z - 0.03), (x + 0.03, y, z + 0.08), dark) for x in (-half, half)
        ]
        return [wing, *(posts if extra == "wing" else ())]
    if extra == "spare":
        z = -s.length / 2
        wheel = WheelPaint.draw(draws, s, axis=2)
        return [strut((0, s.belt, z - 0.12), (0, s.belt, z + 0.05), (s.radius * 0.9,) * 2, wheel, 16)]
    if extra == "bar":
        return [box((x - 0.05, s.belt, s.rear - 0.18), (x + 0.05, top - 0.02, s.rear - 0.08), dark) for x in (-half, half)] + [
            box((-half, top - 0.1, s.rear - 0.18), (half, top - 0.02, s.rear - 0.08), dark)
        ]  # fmt: skip
    return []
