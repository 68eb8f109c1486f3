"""The body of one identity: bone lengths and the solid parts that hang on the bones.

Axes of the body: X to the person's left, Y up, Z forward; meters. In the rest pose the arms hang down, and the axes of
every bone are those of the body. A part is a round cone (the hull of two spheres) whose cross-section is stretched by
one factor sideways and another in depth: that covers capsules, ellipsoids, limbs, torso and, left open, skirts.
"""

import dataclasses

import numpy as np

# name of the bone -> its parent; a parent stands before its children.
BONES = {
    "pelvis": None, "chest": "pelvis", "head": "chest",
    "right_upper_arm": "chest", "right_forearm": "right_upper_arm", "right_hand": "right_forearm",
    "left_upper_arm": "chest", "left_forearm": "left_upper_arm", "left_hand": "left_forearm",
    "right_thigh": "pelvis", "right_shin": "right_thigh", "right_foot": "right_shin",
    "left_thigh": "pelvis", "left_shin": "left_thigh", "left_foot": "left_shin",
}  # fmt: skip
BONE_INDEX = {name: i for i, name in enumerate(BONES)}
SIDES = {"right": -1.0, "left": 1.0}


@dataclasses.dataclass(frozen=True)
class Part:
    """A round cone from `start` (radius `radii[0]`) to `end` (radius `radii[1]`) in the frame of its bone.

    Its own coordinates q: q_y along the axis from the start, q_z towards `front`, q_x the third, the latter two divided
    by `stretch`. `open` parts have no round ends (skirts). `along` is the length of cloth before the start.
    """

    name: str
    bone: str
    start: tuple
    end: tuple
    radii: tuple
    stretch: tuple = (1.0, 1.0)
    front: tuple = (0.0, 0.0, 1.0)
    open: bool = False
    along: float = 0.0


class Body:
    """Parts and joints of one person.

    Attributes:
        height: meters.
        origins: (bones, 3) position of each bone's joint in the frame of its parent.
        parts: tuple of Part.
        bone_of: (parts,) index of each part's bone.
        frames: (parts, 3, 4) affine maps from a part's coordinates to its bone's frame.
        lengths, radii, open: (parts,), (parts, 2), (parts,): the round cones.
        keypoints: tuple of 18 (bone, position in the bone's frame), in the order of gfla_tf.keypoints.poses.JOINTS.
    """

    def __init__(self, height, origins, parts, keypoints):
        self.height, self.parts, self.keypoints = height, tuple(parts), keypoints
        self.origins = np.array([origins[name] for name in BONES])
        self.bone_of = np.array([BONE_INDEX[p.bone] for p in parts])
        self.frames = np.array([part_frame(p) for p in parts])
        axes = np.array([np.subtract(p.end, p.start) for p in parts])
        self.lengths = np.sqrt((axes**2).sum(axis=1))
        self.radii = np.array([p.radii for p in parts])
        self.open = np.array([p.open for p in parts])
        self.index = {p.name: i for i, p in enumerate(parts)}


def part_frame(part):
    """(3, 4) affine map from the part's coordinates q to the frame of its bone."""
    axis = np.subtract(part.end, part.start)
    axis = axis / np.sqrt(axis @ axis)
    front = np.array(part.front) - axis * (axis @ part.front)
    front = front / np.sqrt(front @ front)
    (a, b, c), (d, e, f) = axis.tolist(), front.tolist()
    side = np.array((b * f - c * e, c * d - a * f, a * e - b * d))  # np.cross takes ten times as long
    return np.stack([side * part.stretch[0], axis, front * part.stretch[1], np.array(part.start)], axis=1)


def draw_body(draws, style):
    """A random body that suits a Style (hair, skirt, width of sleeves and trouser legs)."""
    child = draws.chance(0.12)
    h = 1.3 if child else draws.uniform(1.55, 1.92)
    head = h * (draws.uniform(1.3, 1.45) if child else draws.uniform(1.06, 1.22))
    girth = h * draws.uniform(0.88, 1.26)
    limb = girth * draws.uniform(0.98, 1.14)
    arm, leg = h * draws.uniform(0.95, 1.05), h * (0.9 if child else draws.uniform(0.95, 1.05))
    shoulder, hip = h * draws.uniform(0.088, 0.108), h * draws.uniform(0.044, 0.053)
    if style.feminine:
        shoulder, hip = 0.94 * shoulder, 1.06 * hip
    belly = draws.uniform(0.88, 0.98) if style.feminine else draws.uniform(0.95, 1.2)

    origins = {"pelvis": (0, 0, 0), "chest": (0, 0.085 * h, 0), "head": (0, 0.205 * h, -0.004 * h)}
    for side, x in SIDES.items():
        origins |= {
            f"{side}_upper_arm": (x * shoulder, 0.169 * h, 0),
            f"{side}_forearm": (0, -0.168 * arm, 0),
            f"{side}_hand": (0, -0.148 * arm, 0),
            f"{side}_thigh": (x * hip, 0, 0),
            f"{side}_shin": (0, -0.245 * leg, 0),
            f"{side}_foot": (0, -0.24 * leg, 0),
        }
    parts = [*_torso(h, girth, shoulder, hip, belly, style.feminine and not child), *_head(head, style.hair)]
    for side, x in SIDES.items():
        parts += [
            *_arm(side, x, arm, limb, h, shoulder, style.loose),
            *_leg(side, x, leg, limb, h, style.loose),
        ]
    if style.skirt:
        parts.append(_skirt(*style.skirt, h, leg, girth, hip))
    return Body(h, origins, parts, _keypoints(head, h))


def _torso(h, girth, shoulder, hip, belly, bust):
    chest, waist, seat = 0.058 * girth, 0.051 * girth * belly, 0.056 * girth
    wide_chest, wide_seat = (0.84 * shoulder + 0.006 * h) / chest, (hip + 0.044 * girth) / seat
    wide_waist = 0.5 * (wide_chest * chest + wide_seat * seat) / waist * (0.8 + 0.12 * belly)
    return [
        Part("chest", "chest", (0, 0.138 * h, -0.002 * h), (0, (0.075 if bust else 0.04) * h, (0.016 if bust else 0) * h),
             (chest * (0.93 if bust else 1), chest), (wide_chest, 1.06), along=0.067 * h),
        Part("belly", "chest", (0, 0.06 * h, 0), (0, -0.06 * h, 0.002 * h), (chest * 0.96, waist), (wide_waist, 1.08),
             along=0.145 * h),
        Part("pelvis", "pelvis", (0, 0.045 * h, -0.002 * h), (0, -0.012 * h, -0.010 * h), (waist * 1.03, seat),
             (wide_seat, 1.14), along=0.245 * h),
    ]  # fmt: skip


def _head(h, hair):
    parts = [
        Part("neck", "head", (0, 0.06 * h, 0.002 * h), (0, -0.016 * h, -0.002 * h), (0.026 * h, 0.029 * h)),
        Part("head", "head", (0, 0.112 * h, 0.008 * h), (0, 0.066 * h, 0.022 * h), (0.055 * h, 0.036 * h), (0.87, 1.0)),
        Part("nose", "head", (0, 0.099 * h, 0.060 * h), (0, 0.087 * h, 0.064 * h), (0.006 * h, 0.009 * h)),
    ]  # fmt: skip
    if hair == "afro":
        return [*parts, Part("hair", "head", (0, 0.138 * h, -0.016 * h), (0, 0.112 * h, -0.022 * h),
                             (0.072 * h, 0.066 * h))]  # fmt: skip
    if hair == "cap":
        return [*parts,
                Part("hair", "head", (0, 0.143 * h, 0.0), (0, 0.136 * h, -0.004 * h), (0.054 * h, 0.054 * h),
                     (0.96, 1.08)),
                Part("visor", "head", (0, 0.138 * h, 0.03 * h), (0, 0.133 * h, 0.074 * h), (0.042 * h, 0.03 * h),
                     (1.0, 0.22), front=(0, 1, 0))]  # fmt: skip
    if hair != "bald":
        parts.append(Part("hair", "head", (0, 0.126 * h, -0.002 * h), (0, 0.096 * h, -0.014 * h),
                          (0.057 * h, 0.051 * h), (0.94, 1.0)))  # fmt: skip
    if hair in ("long", "bob"):
        end = (0, 0.0, -0.036 * h) if hair == "long" else (0, 0.062 * h, -0.018 * h)
        parts.append(
            Part("long_hair", "head", (0, 0.105 * h, -0.014 * h), end, (0.054 * h, 0.042 * h), (1.12, 0.8))
        )
    if hair == "bun":
        parts.append(Part("bun", "head", (0, 0.168 * h, -0.04 * h), (0, 0.16 * h, -0.045 * h),
                          (0.028 * h, 0.028 * h)))  # fmt: skip
    if hair == "tail":
        parts.append(Part("tail", "head", (0, 0.142 * h, -0.06 * h), (0, 0.035 * h, -0.082 * h),
                          (0.020 * h, 0.024 * h)))  # fmt: skip
    return parts


def _arm(side, x, arm, limb, h, shoulder, loose):
    upper, fore = 0.168 * arm, 0.148 * arm
    return [
        Part(f"{side}_shoulder", "chest", (x * 0.014 * h, 0.192 * h, -0.006 * h), (x * shoulder * 0.97, 0.166 * h, 0),
             (0.026 * h, 0.026 * limb)),
        Part(f"{side}_upper_arm", f"{side}_upper_arm", (0, 0, 0), (0, -upper, 0), (0.0295 * limb, 0.0235 * limb)),
        Part(f"{side}_forearm", f"{side}_forearm", (0, 0, 0), (0, -fore, 0), (0.0240 * limb, 0.0165 * limb * loose),
             along=upper),
        Part(f"{side}_hand", f"{side}_hand", (0, -0.010 * arm, 0.002 * h), (0, -0.068 * arm, 0.006 * h),
             (0.0175 * h, 0.0155 * h), (0.75, 1.15)),
    ]  # fmt: skip


def _leg(side, x, leg, limb, h, loose):
    thigh, shin = 0.245 * leg, 0.24 * leg
    cloth = 0.29 * h  # what lies between the neck and the hip joint
    return [
        Part(f"{side}_thigh", f"{side}_thigh", (0, -0.014 * leg, 0), (0, -thigh, 0),
             (0.047 * limb, 0.033 * limb), along=cloth + 0.014 * leg),
        Part(f"{side}_shin", f"{side}_shin", (0, 0, 0), (0, -shin, 0), (0.033 * limb, 0.022 * limb * loose),
             along=cloth + thigh),
        Part(f"{side}_calf", f"{side}_shin", (0, -0.05 * leg, -0.005 * limb), (0, -0.112 * leg, -0.006 * limb),
             (0.0275 * limb, 0.0255 * limb), along=cloth + thigh + 0.05 * leg),
        Part(f"{side}_foot", f"{side}_foot", (0, -0.014 * leg, -0.016 * leg),
             (x * 0.012 * leg, -0.022 * leg, 0.088 * leg), (0.0255 * leg, 0.0185 * leg), (1.1, 1.0), front=(0, 1, 0)),
    ]  # fmt: skip


def _skirt(hem, flare, h, leg, girth, hip):
    """`hem`: its height under the waist as a share of the leg; `flare`: its width in multiples of the waist's."""
    top = 0.062 * girth
    wide = max(1.3, (hip + 0.042 * girth) / top)
    start, end = (0, 0.08 * h, -0.002 * h), (0, 0.08 * h - hem * 0.52 * leg, -0.004 * h)
    return Part(
        "skirt", "pelvis", start, end, (top * 0.86, top * flare), (wide, 1.08), open=True, along=0.21 * h
    )


def _keypoints(head, h):
    zero = (0.0, 0.0, 0.0)
    points = {"nose": ("head", (0, 0.088 * head, 0.066 * head)), "neck": ("chest", (0, 0.176 * h, 0))}
    for side, x in SIDES.items():
        points |= {
            f"{side}_shoulder": (f"{side}_upper_arm", zero), f"{side}_elbow": (f"{side}_forearm", zero),
            f"{side}_wrist": (f"{side}_hand", zero), f"{side}_hip": (f"{side}_thigh", zero),
            f"{side}_knee": (f"{side}_shin", zero), f"{side}_ankle": (f"{side}_foot", zero),
            f"{side}_eye": ("head", (x * 0.019 * head, 0.106 * head, 0.056 * head)),
            f"{side}_ear": ("head", (x * 0.045 * head, 0.099 * head, 0.006 * head)),
        }  # fmt: skip
    return points
