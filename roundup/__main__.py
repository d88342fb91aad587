"""``python -m roundup`` is ``roundup``."""

from roundup.cli import main

main()
