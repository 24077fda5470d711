"""A row of the table of routes: from it come handlers, OpenAPI and the matrix of access."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from contactpoint.people.deciding import Act

NO_NUL = r"^[^\x00]*$"
"""What a word of a body may hold: PostgreSQL has no text with a zero byte. Clients made from the
description read it, too: it is written so that it means the same in ECMAScript."""
Method = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked: how, by which act's rule, and what is answered."""

    method: Method
    path: str
    """As Litestar writes it: ``/children/{number:str}``."""
    act: Act
    """Whose rule in ``contactpoint.people.deciding`` says who may ask."""
    handler: Callable[..., Any]
    """Takes ``seat`` (``contactpoint.serving.seat.Seat``) first, then what the path, the query and
    ``data`` (the body) hold. It may wait for databases."""
    answers: Any
    """The type of the body of a good answer."""
    summary: str
    status: int = 200
    opens: bool = True
    """Whether a child may be shown: then purpose and reason must be stated."""
    refuses: tuple[int, ...] = ()
    """Statuses of its own that it may answer with, beside those that all routes share."""
    media: str = "application/json"
    tag: str = "children"
    repeats: bool = False
    """Whether it changes something, so that it takes an ``Idempotency-Key``."""
    quick: bool = False
    """Whether it is answered within some milliseconds, between two steps of the event loop; else it
    gets a thread, which costs more than a quick one does."""

    @property
    def name(self) -> str:
        """Its operation id: the handler's name."""
        return str(self.handler.__name__).strip("_")
