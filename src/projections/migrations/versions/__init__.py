"""The revisions, in order of their numbers.

One that needs what only the log knows says ``REBUILD = True`` and changes nothing. After a rebuild
the indexes of a table have other names: a revision finds one by its columns.
"""
