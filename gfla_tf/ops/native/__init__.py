"""The samplers of `gfla_tf.ops` in C++: one kernel, `sampler.h`, compiled on first use where `gfla_tf.ops.backend` says so."""
