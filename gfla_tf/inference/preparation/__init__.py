"""From people's own photos and films to a training set in the layout of `gfla_tf.data.folder`."""
