"""Files that come from outside, each kind read in one place: within limits, as what they are, or refused in a sentence."""
