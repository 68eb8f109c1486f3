"""Names of the terms that losses are made of: a stage of a configuration gives each its weight, an objective computes them."""

FLOW_TERMS = ("correctness", "regularization", "flow_error")
FEATURE_TERMS = ("correctness", "content", "style")  # which compare features of a fixed network
IMAGE_TERMS = ("l1", "adversarial", *FLOW_TERMS, "content", "style")
# Of networks that keep texture, see `gfla_tf.losses.texture`.
TEXTURE_TERMS = ("masks", "roles", "alpha", "drawn", "lpips")
SUPERVISED_TERMS = ("flow_error", "masks", "roles")  # which want the true flow, and where it is visible
TERMS = (*IMAGE_TERMS, *TEXTURE_TERMS, "joints")
