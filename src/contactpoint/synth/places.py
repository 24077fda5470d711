"""Where the invented population lives and learns: authorities, areas, schools, postcodes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from contactpoint.synth.tables import Weighted, words
from linkage.authorities import listed

CHILDREN_OF_AREA: Final = 3_000
"""Children for whom there is one secondary school; primary schools have some 280 pupils each."""
CHILDREN_OF_POSTCODE: Final = 8.5
"""Children for each postcode where people live: 12 million to 1.4 million in England."""
POSTCODES_OF_ENGLAND: Final = 1_400_000
_INWARD: Final = "ABDEFGHJLNPQRSTUWXYZ"
_STREETS: Final = words(
    """
    Mill Church Station Park Victoria Albert Queen King Orchard Chapel Manor Grange School North
    South West East High Green Meadow Spring Hill Bridge River Castle Abbey Priory Elm Oak Ash
    Beech Cedar Maple Willow Hawthorn Holly Rowan Lime Birch Poplar Nelson Wellington Clarence
    York Lancaster Windsor Derby Cambridge Oxford Durham Kent Essex Norfolk Dorset Milton Keats
    """
)
_WAYS: Final = words("Road Street Lane Close Avenue Drive Way Gardens Crescent Terrace Grove")


@dataclass(frozen=True, slots=True)
class Home:
    """One address."""

    line: str
    town: str
    postcode: str


@dataclass(frozen=True, slots=True)
class Area:
    """A neighbourhood: where its families live, and the schools that their children go to."""

    number: int
    authority: str
    town: str
    outward: tuple[str, ...]
    postcodes_each: int
    """How many postcodes each outward code has here."""
    primaries: tuple[str, ...]
    """LAESTABs."""
    secondary: str
    referral_unit: str
    practices: tuple[str, ...]
    """Codes of invented GP practices, in the form of ODS codes."""

    def home(self, rng: Random) -> Home:
        """Draw an address of the neighbourhood."""
        outward = self.outward[int(rng.random() * len(self.outward))]
        postcode = f"{outward} {_inward(int(rng.random() * self.postcodes_each))}"
        street = _STREETS[sum(map(ord, postcode)) % len(_STREETS)]
        way = _WAYS[sum(map(ord, postcode)) % len(_WAYS)]
        return Home(f"{1 + int(rng.random() * 80)} {street} {way}", self.town, postcode)

    def hostel(self) -> Home:
        """Give the one shared address of the neighbourhood."""
        return Home("The Hostel, 1 Station Road", self.town, f"{self.outward[0]} {_inward(0)}")


def _inward(number: int) -> str:
    # Spread over the digits first, as postcodes are.
    first, rest = number % 10, number // 10
    return f"{first}{_INWARD[rest // 20 % 20]}{_INWARD[rest % 20]}"


@dataclass(frozen=True, slots=True)
class Authority:
    """A local authority and the neighbourhoods in it."""

    code: str
    name: str
    areas: tuple[Area, ...]


def authorities(children: int, *, dense: bool, rng: Random) -> Sequence[Authority]:
    """Choose authorities enough for a population, and lay out their neighbourhoods.

    ``dense`` gives each outward code its share of all England's postcodes, so that two children
    of one birth date share a postcode by chance as seldom as they do in England.
    """
    table = listed()
    wanted = max(3, min(len(table), children // (5_000 if dense else 20_000)))
    sizes = Weighted([row["code"] for row in table], [float(row["postcodes"]) for row in table])
    chosen: dict[str, None] = {}
    while len(chosen) < wanted:
        chosen[sizes.draw(rng)] = None
    used = [row for row in table if row["code"] in chosen]
    codes = sum(len(row["outward"].split()) for row in used)
    postcodes = POSTCODES_OF_ENGLAND if dense else children / CHILDREN_OF_POSTCODE
    each = min(4_000, max(1, round(postcodes / codes)))
    areas_each = max(1, round(children / wanted / CHILDREN_OF_AREA))
    return [
        Authority(row["code"], row["name"], tuple(_areas(row["code"], row["name"],
                  row["outward"].split(), areas_each, each)))
        for row in used
    ]  # fmt: skip


def _areas(
    code: str, name: str, outward: Sequence[str], count: int, postcodes_each: int
) -> Iterator[Area]:
    for number in range(count):
        here = tuple(outward[number % len(outward) :: count]) or tuple(outward)
        yield Area(
            number=number,
            authority=code,
            town=name,
            outward=here,
            postcodes_each=postcodes_each,
            primaries=tuple(f"{code}{2001 + number * 4 + i:04d}" for i in range(4)),
            secondary=f"{code}{4001 + number:04d}",
            referral_unit=f"{code}1100",
            practices=tuple(f"Y{code}{number * 3 + i:02d}" for i in range(3)),
        )
