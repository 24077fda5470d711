"""All that can be asked of the read models of one database."""

from projections.guard import Guard
from projections.lists import Lists
from projections.open_records import OpenRecords
from projections.queries import Queries
from projections.workings import Workings


class Asking:
    """Each kind of question, through one guard."""

    def __init__(self, engine, shields):
        guard = Guard(shields)
        self.engine = engine
        self.queries = Queries(engine, guard)
        self.workings = Workings(engine)
        self.open_records = OpenRecords(self.workings, guard)
        self.lists = Lists(self.open_records)
