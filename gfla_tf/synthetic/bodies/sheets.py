"""The textures of an outfit: cloth with its seams, buttons, belts, prints and ribs, and all of it packed into one atlas."""

import cv2
import numpy as np

from gfla_tf.synthetic.bodies import palette
from gfla_tf.synthetic.bodies.garments import AROUND, LEG_HEIGHT, SKIRT_HEIGHT, SLEEVE_HEIGHT, TRUNK_HEIGHT
from gfla_tf.synthetic.bodies.noise import noise, strands
from gfla_tf.synthetic.bodies.pieces import MATERIALS
from gfla_tf.synthetic.bodies.prints import print_on
from gfla_tf.synthetic.bodies.textures import SIZE, draw_sheet

_BLANK = np.zeros((2, 2, 3), np.float32)
# Places on the textures: decimeters from the middle of the front, and heights on the base mesh.
_X = ((np.arange(SIZE, dtype=np.float32) + 0.5) / SIZE - 0.5)[None, :, None] * np.float32(AROUND)
_TRUNK_Y = (6.5 - np.linspace(0, TRUNK_HEIGHT, SIZE, dtype=np.float32))[:, None, None]
_LEG_Y = (1.0 - np.linspace(0, LEG_HEIGHT, SIZE, dtype=np.float32))[:, None, None]
_ARM = (np.linspace(0, SLEEVE_HEIGHT, SIZE, dtype=np.float32) - 1.5)[:, None, None]
_FRONT = ((np.arange(SIZE, dtype=np.float32) + 0.5) / SIZE - 0.5)[
    None, :, None
]  # turns from the front of a limb


def paint_outfit(outfit, rng):
    """{material: (h, w, 3) float32 sRGB} of what an outfit consists of."""
    sheets = _paint_shoes(outfit, rng) | _paint_things(outfit, rng)
    top, bottom, outer = outfit.top, outfit.bottom, outfit.outer
    if top:
        sheets |= _paint_top(top, outer is not None, rng)
    if bottom.kind == "trousers":
        sheets |= _paint_trousers(bottom, rng)
    else:
        sheets["skirt"] = draw_sheet(rng, AROUND, SKIRT_HEIGHT, bottom.cloth).image
    if outer:
        sheets["outer"] = draw_sheet(rng, AROUND, TRUNK_HEIGHT, outer.cloth).image
        sheets["outer_sleeve"] = draw_sheet(rng, 3.0, SLEEVE_HEIGHT, outer.cloth).image
        _paint_pockets(sheets["outer"], rng)
        _paint_edge(sheets["outer_sleeve"], _ARM, outer.sleeve - 0.3)
    if outfit.bag:
        for name in ("top", "outer"):
            if name in sheets:
                _paint_straps(sheets[name], outfit)
    return sheets


def _paint_straps(image, outfit):
    """A backpack's straps over the shoulders, or a bag's across the chest."""
    if outfit.bag == "backpack":
        strap = (np.abs(np.abs(_X) - 0.95) < 0.16) & (_TRUNK_Y > 2.2)
    else:
        strap = np.abs(_X * 1.1 - (_TRUNK_Y - 2.6)) < 0.16
        strap |= np.abs((AROUND / 2 - np.abs(_X)) * np.sign(_X) * 1.1 - (_TRUNK_Y - 2.6)) < 0.16
    image += strap * (outfit.bag_color * np.float32(0.8) - image)


def _line(at, where, width):
    return np.abs(at - where) < width / 2


def _paint_edge(image, at, where, width=0.06, shade=0.8):
    """A seam: a darker line, with a lighter one beside it."""
    image *= np.where(_line(at, where, width), shade, 1).astype(np.float32)
    image *= np.where(_line(at, where + width, width), 1.06, 1).astype(np.float32)


def _paint_pockets(image, rng):
    if rng.random() < 0.6:
        for sign in (-1, 1):
            slit = _line(_TRUNK_Y, 0.9 + 0.3 * (np.abs(_X) - 1.3), 0.06) & (np.abs(_X - sign * 1.3) < 0.45)
            image *= np.where(slit, 0.6, 1).astype(np.float32)


def _paint_top(top, under, rng):
    sheet = draw_sheet(rng, AROUND, TRUNK_HEIGHT, top.cloth)
    if top.printed and not under:
        print_on(sheet, rng, rng.uniform(2.1, 2.9), palette.contrasting(rng, top.cloth.colors[0], 0.7))
    image, sleeve = sheet.image, draw_sheet(rng, 3.0, SLEEVE_HEIGHT, top.cloth).image
    if top.buttoned:
        for side in (-0.16, 0.16):
            image *= np.where(_line(_X, side, 0.05), 0.72, 1).astype(np.float32)
        button = (
            palette.contrasting(rng, top.cloth.colors[0], 0.6)
            if rng.random() < 0.6
            else np.float32([0.9, 0.88, 0.83])
        )
        image += (np.hypot(_X, (_TRUNK_Y % 0.85) - 0.42) < 0.065) * (button - image)
        if rng.random() < 0.5:  # a breast pocket
            inside = (np.abs(_X - 0.85) < 0.42) & (np.abs(_TRUNK_Y - 3.9) < 0.48)
            core = (np.abs(_X - 0.85) < 0.38) & (np.abs(_TRUNK_Y - 3.9) < 0.43)
            image *= np.where(inside & ~core, 0.75, 1).astype(np.float32)
    if top.ribbed:
        cuff = palette.shifted(rng, top.cloth.colors[0], 0.12) / np.maximum(top.cloth.colors[0], 0.05)
        cuff = np.clip(cuff, 0.6, 1.6) if rng.random() < 0.4 else np.float32(1)
        ribs = 1 + 0.12 * np.sin(_X * (2 * np.pi / 0.2))
        image *= np.where(_TRUNK_Y < top.hem + 0.35, ribs * cuff, 1).astype(np.float32)
        if top.sleeve > 3:
            sleeve *= np.where(_ARM > top.sleeve - 0.45, cuff * np.float32(0.95), 1).astype(np.float32)
    _paint_edge(image, _TRUNK_Y, top.hem + 0.2)
    _paint_edge(sleeve, _ARM, top.sleeve - 0.2)
    collar = draw_sheet(rng, AROUND, TRUNK_HEIGHT, top.cloth).image * np.float32(0.97)
    return {"top": image, "sleeve": sleeve, "collar": collar}


def _paint_trousers(bottom, rng):
    waist = draw_sheet(rng, AROUND, TRUNK_HEIGHT, bottom.cloth).image
    leg = draw_sheet(rng, 4.0, LEG_HEIGHT, bottom.cloth).image
    if bottom.cloth.kind == "denim":
        thread = np.float32([0.72, 0.53, 0.3])
        for sign in (-1, 1):
            radius = np.hypot(_X - sign * 1.5, _TRUNK_Y - 0.9)
            waist += 0.5 * (_line(radius, 0.75, 0.06) & (_TRUNK_Y < 0.9)) * (thread - waist)
        waist += 0.4 * ((np.abs(_X) < 0.03) & (_TRUNK_Y < 1.0)) * (thread - waist)
        worn = (
            np.exp(-(((_LEG_Y + 2.3) / 1.9) ** 2)) * np.exp(-((_FRONT / 0.13) ** 2)) * rng.uniform(0.05, 0.28)
        )
        leg *= (1 + worn).astype(np.float32)
    elif rng.random() < 0.5:  # creases
        leg *= np.where(np.abs(_FRONT) < 0.012, 0.9, 1).astype(np.float32)
    if rng.random() < 0.1:  # a stripe along the outer seam, on both legs
        color = palette.contrasting(rng, bottom.cloth.colors[0], 0.6)
        leg += (np.abs(np.abs(_FRONT) - 0.25) < 0.03) * (color - leg)
    leg *= np.where(np.abs(np.abs(_FRONT) - 0.25) < 0.005, 0.82, 1).astype(np.float32)
    _paint_edge(leg, _LEG_Y, bottom.end + 0.3)
    if bottom.belt:
        leather = np.float32([0.13, 0.09, 0.06]) * np.float32(rng.uniform(0.4, 2.6))
        band = (_TRUNK_Y > bottom.waist - 0.4) & (_TRUNK_Y < bottom.waist - 0.05)
        waist = np.where(band, leather, waist)
        leg = np.where((_LEG_Y > bottom.waist - 0.4) & (_LEG_Y < bottom.waist - 0.05), leather, leg)
        buckle = band & (np.abs(_X) < 0.22)
        waist = np.where(buckle, np.float32([0.75, 0.72, 0.62]), waist)
    return {"waist": waist, "leg": leg}


def _paint_shoes(outfit, rng):
    shoes = outfit.shoes
    image = np.broadcast_to(shoes.color, (SIZE, SIZE, 3)).astype(np.float32).copy()
    image *= 1 + np.float32(0.04) * noise((SIZE, SIZE), 8, rng)[..., None]
    if shoes.kind == "sneaker" and rng.random() < 0.6:  # a stripe on the sides
        color = palette.contrasting(rng, shoes.color)
        side = np.abs(np.abs(_FRONT) - 0.2) < 0.12
        image += (side & _line(_LEG_Y + 2.2 * (np.abs(_FRONT) - 0.2), -7.72, 0.12)) * (color - image)
    if shoes.laces:
        color = np.float32([0.92, 0.92, 0.9]) if shoes.kind == "sneaker" else shoes.color * np.float32(0.5)
        laces = (np.abs(_FRONT) < 0.05) & (_LEG_Y > -7.8) & (_LEG_Y % 0.11 < 0.05)
        image += laces * (color - image)
    image = np.where(_LEG_Y < -7.95, shoes.sole, image)
    sock = np.broadcast_to(outfit.sock_color, (8, 8, 3)).astype(np.float32)
    return {"shoe": image, "sock": sock}


def _paint_things(outfit, rng):
    hat = np.broadcast_to(outfit.hat_color, (SIZE, SIZE, 3)).astype(np.float32).copy()
    rows = np.linspace(0, 1, SIZE, dtype=np.float32)[:, None, None]
    if outfit.hat == "beanie":
        hat *= 1 + 0.12 * np.sin(np.arange(SIZE, dtype=np.float32) * (2 * np.pi / 6))[None, :, None]
        hat *= np.where(_line(rows, 0.66, 0.02), 0.7, 1).astype(np.float32)
    elif outfit.hat:
        hat *= np.where(np.abs(_FRONT * 8 - np.round(_FRONT * 8)) < 0.02, 0.8, 1).astype(np.float32)
        if outfit.hat == "brim" or rng.random() < 0.5:
            color = palette.contrasting(rng, outfit.hat_color)
            mark = (
                _line(rows, 0.56, 0.09) if outfit.hat == "brim" else np.hypot(_FRONT * 4, rows - 0.38) < 0.13
            )
            hat += mark * (color - hat)
    bag = np.broadcast_to(outfit.bag_color, (SIZE, SIZE, 3)).astype(np.float32).copy()
    for at in (0.35, 0.62):
        bag *= np.where(_line(rows, at, 0.02), 0.6, 1).astype(np.float32)
    glasses = (
        np.full((2, 2, 3), 0.05, np.float32)
        if rng.random() < 0.7
        else np.full((2, 2, 3), 0.35, np.float32) * np.float32([1.2, 0.9, 0.6])
    )
    return {"hat": hat, "bag": bag, "glasses": glasses}


def paint_hair(hair):
    contrast = 0.18 - 0.12 * float(hair.color.mean())
    return np.clip(hair.color * (1 + np.float32(contrast) * strands()[..., None]), 0, 1)


def paint_eye(rng):
    """A white with iris, pupil and a glint."""
    size = 64
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size - 0.5
    radius = np.hypot(x, y) * 0.36
    irises = np.array([[0.22, 0.13, 0.07], [0.3, 0.2, 0.1], [0.3, 0.42, 0.5], [0.3, 0.4, 0.25]])
    eye = np.full((size, size, 3), 0.84)
    eye += np.clip((0.078 - radius) / 0.008, 0, 1)[..., None] * (
        irises[rng.choice(4, p=[0.5, 0.25, 0.15, 0.1])] - eye
    )
    eye *= 1 - np.clip((0.035 - radius) / 0.008, 0, 1)[..., None] * 0.95
    return eye + (np.hypot(x - 0.06, y + 0.07) < 0.05)[..., None] * 0.7


def coarsened(atlas, table, factor):
    """`pack`'s arrays with every texture so many times smaller: a small picture of fine textures would flicker."""
    sheets = {}
    for name, (offset, width, height) in zip(MATERIALS, table.tolist()):
        image = atlas[offset : offset + width * height * 3].reshape(height, width, 3)
        size = max(2, width // factor), max(2, height // factor)
        sheets[name] = cv2.resize(image, size, interpolation=cv2.INTER_AREA) / np.float32(255)
    return pack(sheets)


def pack(sheets):
    """One uint8 array of all textures, and (materials, 3) int64: where each begins, its width and height."""
    data, table, offset = [], np.zeros((len(MATERIALS), 3), np.int64), 0
    for number, name in enumerate(MATERIALS):
        image = np.asarray(sheets.get(name, _BLANK), np.float32)
        table[number] = offset, image.shape[1], image.shape[0]
        data.append(np.clip(image * np.float32(255) + np.float32(0.5), 0, 255).astype(np.uint8).ravel())
        offset += image.size
    return np.concatenate(data), table
