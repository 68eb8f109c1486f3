"""What everything in a run is counted by."""


def training_step(model):
    """Updates that the generator has had."""
    return int(model.generator_optimizer.iterations)
