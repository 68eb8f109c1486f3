"""Contact sheets of the synthetic bodies: `python -m gfla_tf.synthetic.bodies.contact_sheet OUT.png`, see that of the people."""

from gfla_tf.synthetic.bodies.bodies import SyntheticBodies
from gfla_tf.synthetic.people.contact_sheet import main

if __name__ == "__main__":
    main(SyntheticBodies, (256, 192), 1)
