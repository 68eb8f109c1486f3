"""Damage to bytes and to documents, from a seed."""

import json

NUMBERS = (
    0,
    1,
    -1,
    0.5,
    1.03,
    2**31,
    -(2**31) - 1,
    2**63,
    1e6,
    1e300,
    -1e308,
    float("nan"),
    float("inf"),
    10**400,
)
VALUES = (
    None,
    True,
    False,
    "",
    "1",
    "x" * 300,
    "\0",
    "../../etc/passwd",
    "???",
    [],
    {},
    [[]],
    [None],
    {"a": 1},
    *NUMBERS,
)


def damaged(content, random):
    """Bytes with a few of them changed, cut, doubled or left out."""
    content = bytearray(content)
    kind = random.integers(6)
    if kind == 0 or not content:
        return bytes(content[: random.integers(len(content) + 1)])
    if kind == 1:
        begin, length = random.integers(len(content)), random.integers(1, 200)
        del content[begin : begin + length]
    elif kind == 2:
        begin, length = random.integers(len(content)), random.integers(1, 200)
        content[begin:begin] = content[begin : begin + length]
    elif kind == 3:
        begin = int(random.integers(max(1, len(content) - 8)))
        content[begin : begin + 4] = random.choice(
            [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\x01\0\0\0"]
        )
    else:
        for place in random.integers(0, len(content), random.integers(1, 20)):
            content[place] = random.integers(256)
    return bytes(content)


def changed(document, random):
    """A JSON document in which one place holds something else, is left out, or is there twice."""
    document = json.loads(json.dumps(document))
    places = list(_places(document))
    for _ in range(random.integers(1, 4)):
        if not places:
            break
        parent, key = places[random.integers(len(places))]
        try:
            if random.integers(5) == 0:
                del parent[key]
            elif random.integers(5) == 0 and isinstance(parent, list):
                parent.append(parent[key])
            else:
                parent[key] = VALUES[random.integers(len(VALUES))]
        except (LookupError, TypeError):
            pass
    return VALUES[random.integers(len(VALUES))] if random.integers(30) == 0 else document


def _places(document):
    keys = (
        range(len(document)) if isinstance(document, list) else document if isinstance(document, dict) else ()
    )
    for key in list(keys):
        yield document, key
        yield from _places(document[key])
