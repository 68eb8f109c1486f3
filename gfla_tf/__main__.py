"""`python -m gfla_tf` is `gfla`."""

from gfla_tf.cli import main

if __name__ == "__main__":
    main()
