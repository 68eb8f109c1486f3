"""split.csv and pairs.csv of a training set: what is for testing, and which pictures are paired."""

import csv
import io

from gfla_tf.data.folder import pairs_within

_PERSONS = 5  # as many are split by person, fewer by time
_TEST = 5  # every fifth person, or the last fifth of a source


def split_of(notes, held_out):
    """{picture: split} of the notes of all sources: what is held out; beside it, unless whole persons are, the last part of each
    other source."""
    persons = {note["person"] for note in notes if note["kept"]}
    test_persons = set()
    if len(persons) >= _PERSONS and not held_out:
        test_persons = set(sorted(persons)[-(len(persons) // _TEST) :])
    split = {}
    for note in notes:
        names = {note["person"], note["source"], f"{note['person']}/{note['source']}"}
        count = len(note["kept"])
        first = count  # number of the first picture for testing
        if note["person"] in test_persons or names & set(held_out):
            first = 0
        elif not test_persons and not persons & set(held_out):
            first = count - max(2, count // _TEST) if count >= 4 else count
        split |= {name: "test" if number >= first else "train" for number, name in enumerate(note["kept"])}
    return split


def pairs_of(notes, split):
    """(from, to) of pictures of a source: another one may show other clothes and another light, which no picture tells.

    Pictures that are alone in their source are paired with others that are, of the same person.
    """
    names, groups = list(split), {}
    number_of = {name: number for number, name in enumerate(names)}
    for note in notes:
        for name in note["kept"]:
            groups.setdefault((note["person"], split[name], note["source"]), []).append(number_of[name])
    joined = {}
    for (person, which, source), numbers in groups.items():
        joined.setdefault((person, which, source if len(numbers) > 1 else None), []).extend(numbers)
    return [(names[s], names[t]) for numbers in joined.values() for s, t in pairs_within(numbers)]


def table(header, rows):
    """Bytes of a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header.split(","), *rows])
    return text.getvalue().encode()
