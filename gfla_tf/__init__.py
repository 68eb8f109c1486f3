"""Global-Flow Local-Attention (GFLA) image spatial transformation on TensorFlow and Keras 3.

Conventions, said once for the whole package:

- Arrays are NHWC. Images are float32 in [-1, 1], RGB; uint8 only at the edges (files, pictures, video).
- `source` is what we have (one person in one pose), `target` is what we want (the same person in another pose).
- A flow field points from target to source: the pixel at target position p is found at source position p + flow(p).
  Channel 0 is x (to the right), channel 1 is y (down), in pixels of the flow's own level; positions are pixel indices,
  so pixel (0, 0) has its centre at 0, not at 0.5.
- Level L has the image's size divided by 2^L. Lists over levels are ordered coarsest first.
- Keypoints are (joints, 3): x, y in pixels of the image and a confidence, where confidence 0 means missing.
- `source_image`, `source_pose`, `target_pose`, `target_image`, `flow`, `mask`, `generated` mean the same everywhere.
  A pose is a stack of maps: a heat map for each joint, in some trainings followed by a map for each limb, see
  `gfla_tf.keypoints.poses.pose_maps`.

Papers: "Deep Image Spatial Transformation for Person Image Generation" (CVPR 2020, arXiv 2003.00696) and "Deep Spatial
Transformation for Pose-Guided Person Image Generation and Animation" (TIP 2020, arXiv 2008.12606).
"""

__version__ = "0.1.0"
