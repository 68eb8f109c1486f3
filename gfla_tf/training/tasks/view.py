"""View synthesis (CVPR 2020, section 4.4): an object of one picture from another side."""

from gfla_tf.data.view_pairs import ViewPairSamples, view_inputs
from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS, VIEW_CHANNELS
from gfla_tf.pictures.drawing import view_picture
from gfla_tf.synthetic.objects.rendered_views import VIEWS, render_views
from gfla_tf.training.tasks.pair import PairTask


class ViewTask(PairTask):
    """Two views of one object, each an azimuth and an elevation."""

    datasets = ("synthetic_cars", "synthetic_chairs", "shapenet", "shapenet_car", "shapenet_chair")
    prepared_datasets = ("shapenet", "shapenet_car", "shapenet_chair")
    datasets_with_flow = ("synthetic_cars", "synthetic_chairs")
    condition = "view"

    def generator_settings(self):
        return {"view_channels": VIEW_CHANNELS}

    def check_settings(self, require):
        super().check_settings(require)
        require("data.frames", lambda n: n <= VIEWS, f"an object has {VIEWS} views")

    def render(self, image_size, split, seed, identities, frames):
        kind = self.config.data.dataset.removeprefix("synthetic_")
        return render_views(kind, image_size, split, seed, identities, frames)

    def pairs(self, builder, split):
        return ViewPairSamples(builder, split)

    def prepare(self, batch):
        return view_inputs(batch)

    def picture(self, condition):
        return view_picture(condition)

    def description(self, generator):
        return {"azimuths": AZIMUTHS, "elevations": ELEVATIONS}
