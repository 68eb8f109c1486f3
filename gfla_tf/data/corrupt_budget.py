"""Corrupt entries of real data are left out, counted and reported, up to a limit."""

from gfla_tf.errors import GflaError


class CorruptEntries:
    """Counts what cannot be read of a dataset.

    Args:
        what: is counted, such as "records of market, train".
        total: how many there are.
        limit: share of them that may be corrupt, the setting data.max_corrupt.
    """

    def __init__(self, what, total, limit):
        self.what, self.total, self.limit = what, total, limit
        self.sentences = []

    def add(self, sentence):
        """Counts an entry that is corrupt as the sentence says.

        Raises:
            GflaError: with it there are more than the limit allows.
        """
        self.sentences.append(str(sentence))
        if len(self.sentences) > self.limit * self.total:
            reason = self.sentences[0].rstrip(". ")
            raise GflaError(
                f"{reason}; {len(self.sentences)} of {self.total} {self.what} are corrupt, and data.max_corrupt "
                f"allows a share of {self.limit:g}: put undamaged copies there, or allow more."
            )

    def told(self):
        """One sentence about what was left out."""
        return (
            f"left out {len(self.sentences)} of {self.total} {self.what} because they are corrupt, the first one: "
            f"{self.sentences[0]}"
        )


def shortened(lengths, dropped):
    """Names and numbers of consecutive records, [[name, number], ...], without the records whose numbers are `dropped`."""
    begin, kept = 0, []
    for name, count in lengths:
        left = sum(number not in dropped for number in range(begin, begin + count))
        if left:
            kept.append([name, left])
        begin += count
    return kept
