"""What is known of a person who is looked for, and whether it asks for what a shield hides."""

import msgspec

from linkage import blocking
from linkage.comparable import Comparable
from linkage.population import Population
from linkage.standardise import standardise
from person.particulars import Particulars


class TooLittleError(Exception):
    """What is known of a person is true of too many."""

    def __init__(self) -> None:
        super().__init__(
            "too little is known of the person; expected a name with a birth date or a postcode, "
            "or an identifier"
        )


class Described(msgspec.Struct, frozen=True):
    """What is known of a person."""

    particulars: Particulars = Particulars()
    number: str = ""
    """The number that the person is said to have in this index, checked."""
    beside: bool = False
    """Whether more was said of the person than a question is compared by, such as a practice."""

    @property
    def asks_hidden(self) -> bool:
        """Whether anything is said but names, sex, birth date and number in this index.

        Shielded children are found by those alone (SI 2007/2182, regulation 6(5)).
        """
        said = self.particulars
        visible = Particulars(names=said.names, birth=said.birth, sex=said.sex)
        return self.beside or said != visible

    def comparable(self, population: Population) -> Comparable:
        """The person in standard form. Raises TooLittleError where nobody could be told apart.

        A population is never listed by a postcode, a day or a telephone number alone.
        """
        record = standardise(self.particulars)
        identified = bool(self.number or record.nhs or record.upn or record.la_child)
        named = bool(record.given or record.family)
        if identified or (named and blocking.keys(record, population)):
            return record
        raise TooLittleError
