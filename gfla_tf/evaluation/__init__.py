"""Judging generated pictures by named protocols, so that figures of different works can be compared."""
