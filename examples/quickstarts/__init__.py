"""What is each quickstart's own: a module for each, which `examples.quickstart` finds by its name. A module has

CONFIG          the training's YAML file
BASELINES       {name: overrides} of the training runs that the result is compared with, of the same configuration
UNSEEN          what the held-out data is, in the plural: "people never seen in training"
NOTES           lines below the table: what the baselines are
GOALS           {name of a figure: (limit, "<=" or ">=", its title in the table)}

held_out(run)                                   dict of held-out samples for the networks of a finished `Run`
generate(model, samples)                        dict of arrays that a `TFLiteModel` gives for them
scores(samples, outputs, baselines)             {name: figure}, for what the network gave and for {baseline: what it gave}
picture(samples, outputs, baselines, title)     uint8 (H, W, 3), a list of such frames, which becomes a .gif, or a tuple of both

It imports nothing heavy at its top, so that mistyped arguments need not wait.
"""
