"""roundup: a dated digest of papers, from YAML records and commentary to every edition of an issue."""

__version__ = "0.1.0"
