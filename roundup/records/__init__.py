"""YAML text <-> values, keeping line numbers: the digest's configuration, issues, picks, and the records of papers.

Each parser takes a file's text, the path to name in messages and the list that problems go into, and returns what
could be read: a value, or None. Only records are ever written; files of people's are not.
"""
