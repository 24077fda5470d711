"""The body of a request, read as its route describes it, and no other way.

Litestar turns what is written otherwise into what is wanted, as it has to with words of a path or a
query: "5" into 5. In JSON a number has a form of its own, and whoever sends another made a mistake.
"""

from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import SerializationException, ValidationException


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON is what its route takes."""

    async def json(self) -> Any:
        """What the route takes; JSON as it is where it takes nothing.

        Raises SerializationException where it is no JSON, and ValidationException naming the place
        of the first member that does not fit.
        """
        taken = self.route_handler.parsed_data_field
        try:
            told = _JSON.decode(await self.body())
            return told if taken is None else msgspec.convert(told, taken.annotation)
        except msgspec.ValidationError as error:
            raise ValidationException(extra=[_misfit(str(error))]) from error
        except msgspec.DecodeError as error:
            raise SerializationException from error


def _number(written: str) -> int | float:
    """A number that is written with a point or an exponent: 1.0 is a whole one to JSON Schema."""
    number = float(written)
    return int(number) if number.is_integer() else number


_JSON = msgspec.json.Decoder(float_hook=_number)


def _misfit(message: str) -> dict[str, str]:
    """What did not fit, and where; in the members that Litestar tells of a misfit with."""
    said, _, place = message.partition(" - at `$")
    return {"message": said, "key": place.rstrip("`").lstrip(".") or "data"}
