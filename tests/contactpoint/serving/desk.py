"""An index that answers over HTTP, and those who ask it."""

from contextlib import contextmanager
from urllib.parse import quote

from litestar.testing import TestClient

from contactpoint.serving.app import make
from contactpoint.serving.service import opened
from contactpoint.settings import from_environment
from events.access import ActRefused, ChildrenAccessed, InvestigationOpened, ReaderSeen
from tests.contactpoint.shields import Refuge

LOOKS = (ChildrenAccessed, ActRefused, InvestigationOpened, ReaderSeen)


class Desk(Refuge):
    """Children and shields as a ``Refuge`` has them, asked over HTTP."""

    client: TestClient

    def person(self, subject, *roles, strong=True, **said):
        """The token of a person: ``organisation``, ``authority``, ``override``, ``system``..."""
        if subject not in self._tokens:
            words = [word for role in roles or ("practitioner",) for word in ("--role", role)]
            words += ["--strong"] if strong else []
            for name, value in said.items():
                option = f"--{name.replace('_', '-')}"
                words += [option] if value is True else [option, value]
            made = self.run("token", "--subject", subject, *words).stdout
            self._tokens[subject] = made.strip()
        return self._tokens[subject]

    def reader(self):
        return self.person("rita")

    @contextmanager
    def serving(self, routes=None, **settings):
        """Answer for as long as the context lasts, in this process."""
        environment = {**self.environment, "CONTACTPOINT_RATE": "100000",
                       "CONTACTPOINT_BURST": "100000", "CONTACTPOINT_WORKERS": "1"}  # fmt: skip
        stated = from_environment(environment | settings)
        app = (
            make(lambda: opened(stated)) if routes is None else make(lambda: opened(stated), routes)
        )
        with TestClient(app, raise_server_exceptions=False) as client:
            self.client = client
            yield self

    def ask(self, path, *, by=None, purpose="enquiry", reason="school asks whom to ring",
            method="GET", headers=(), **more):  # fmt: skip
        """The response to somebody who asks."""
        sent = {
            "Authorization": f"Bearer {by or self.reader()}",
            "Contactpoint-Purpose": purpose,
            "Contactpoint-Reason": quote(reason) if reason else None,
            **dict(headers),
        }
        kept = {name: value for name, value in sent.items() if value is not None}
        return self.client.request(method, path, headers=kept, **more)

    def child(self, number, **asked):
        """What somebody is told of the child of a number."""
        answered = self.ask(f"/children/{number}", **asked)
        assert answered.status_code == 200, answered.text
        return answered.json()

    def looks(self, *kinds):
        """The record of access, oldest first."""
        with self.opened() as store:
            log = store.access
            found = [message.event for rows in log.pages() for message in log.decode(rows)]
        return [event for event in found if isinstance(event, kinds or LOOKS)]
