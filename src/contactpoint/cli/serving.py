"""The command that answers over HTTP: serve."""

import click

from contactpoint.cli.command import examples
from contactpoint.cli.output import say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act

PORT = 8080
GRACE = 10
"""Seconds that requests under way have when the service is asked to end."""


@click.command(
    epilog=examples("serve", "serve --host 10.0.0.5 --port 8443 --certificate c.pem --key k.pem")
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), default=PORT, show_default=True)
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Processes. Default: one for each core."
)
@click.option(
    "--certificate", type=click.Path(exists=True, dir_okay=False), help="Its chain, as PEM."
)
@click.option("--key", type=click.Path(exists=True, dir_okay=False), help="Its key, as PEM.")
@token_option
def serve(
    *, host: str, port: int, workers: int | None, certificate: str | None, key: str | None
) -> None:
    """Answer practitioners' systems over HTTP, until it is stopped.

    Each access is decided, and recorded before the answer. /openapi.json describes what can be
    asked. Without a certificate something in front of it must encrypt: bearer tokens and children's
    particulars pass in clear.
    """
    from contactpoint.errors import UsageError

    if bool(certificate) != bool(key):
        raise UsageError("--certificate and --key: expected both, or neither")
    with opened(Act.SERVE) as store:
        store.projector.catch_up()
        count = workers or store.settings.workers
    say(f"http{'s' if key else ''}://{host}:{port}/openapi.json says what can be asked")
    _run(host, port, count, certificate, key)


def _run(host: str, port: int, workers: int, certificate: str | None, key: str | None) -> None:
    import os
    from pathlib import Path

    from granian.constants import Interfaces
    from granian.server import Server

    os.environ["CONTACTPOINT_WORKERS"] = str(workers)
    Server(
        "contactpoint.serving.process:application",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        websockets=False,
        log_access=False,
        workers_kill_timeout=GRACE,
        respawn_failed_workers=True,
        ssl_cert=Path(certificate) if certificate else None,
        ssl_key=Path(key) if key else None,
    ).serve()
