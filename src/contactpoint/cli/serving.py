"""The command that answers over HTTP: serve."""

import re
from pathlib import Path

import click

from contactpoint.cli.command import examples, json_option
from contactpoint.cli.output import print_json, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act

PORT = 8080
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253})|[0-9A-Fa-f:]{2,39}")


def _host(_: click.Context, __: click.Parameter, value: str) -> str:
    """The address. A usage error that does not repeat it where it cannot be one."""
    if not _HOST.fullmatch(value):
        raise click.BadParameter("expected an address, as 10.0.0.5, or a host's name")
    return value


@click.command(
    epilog=examples(
        "serve",
        "serve --describe > openapi.json",
        "serve --host 10.0.0.5 --port 8443 --certificate c.pem --key k.pem",
    )
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    callback=_host,
    help="Address to listen on.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=PORT,
    show_default=True,
    help="Port to listen on.",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Processes. Default: one for each core."
)
@click.option(
    "--certificate",
    type=click.Path(exists=True, dir_okay=False),
    help="The service's chain of certificates, as PEM.  [default: CONTACTPOINT_CERTIFICATE]",
)
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False),
    help="The key of the certificate, as PEM.  [default: CONTACTPOINT_CERTIFICATE_KEY]",
)
@click.option(
    "--describe", is_flag=True, help="Print what can be asked, as OpenAPI 3.1, and serve nothing."
)
@token_option
@json_option
def serve(  # noqa: PLR0913 - where and how it listens
    *,
    host: str,
    port: int,
    workers: int | None,
    certificate: str | None,
    key: str | None,
    describe: bool,
    as_json: bool,
) -> None:
    """Answer practitioners' systems over HTTP, until it is stopped.

    Each access is decided, and recorded before the answer. /openapi.json describes what can be
    asked. Without a certificate something in front of it must encrypt: bearer tokens and children's
    particulars pass in clear. Administrators only.
    """
    from contactpoint.errors import UsageError

    if describe:
        from contactpoint.serving.app import description

        print_json(description())
        return
    with opened(Act.SERVE) as store:
        store.projector.catch_up()
        settings = store.settings
    chain = Path(certificate) if certificate else settings.certificate
    secret = Path(key) if key else settings.certificate_key
    if (chain is None) is not (secret is None):
        raise UsageError("--certificate and --key: expected both, or neither")
    address = f"http{'s' if secret else ''}://{host}:{port}"
    if as_json:
        print_json({"address": address, "description": f"{address}/openapi.json"})
    else:
        say(f"{address}/openapi.json says what can be asked")
    from contactpoint.serving.running import Listening, run

    run(settings, Listening(host, port, workers or settings.workers, chain, secret))
