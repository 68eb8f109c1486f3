"""Which views the published protocol generates of the objects that are held out. Plain Python."""

from gfla_tf.keypoints.views import AZIMUTHS


def view_tests(models):
    """The tests of a list of models, in its order: (source, targets), names of groups MODEL_AZIMUTH_ELEVATION.

    Line n has one source at the azimuth index 2 (n mod 18) and elevation 0; its targets are all 18 azimuths at that elevation,
    the source's own among them.

    Example:
        >>> view_tests(["a", "b"])[1][0]
        'b_2_0'
    """
    targets = [azimuth // 10 for azimuth in AZIMUTHS]
    return [
        (f"{model}_{targets[n % len(targets)]}_0", [f"{model}_{azimuth}_0" for azimuth in targets])
        for n, model in enumerate(models)
    ]
