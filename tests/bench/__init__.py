"""The benchmark: the same digest built by us, by Hugo and by Pelican in turn, and the table that docs/performance.md keeps.

It takes its corpus and the two others' sites from the shared folder beside the project; Linux only, for it reads /proc.
"""
