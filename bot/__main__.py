"""The command line: `first-responder serve`, `doctor`, `replay`, `learn`, `postmortem`, and groups of commands."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot import __version__
from bot.cli.audit import app as audit_app
from bot.cli.forget import forget
from bot.cli.learn import learn
from bot.cli.postmortem import postmortem
from bot.cli.record import record
from bot.cli.runbooks import app as runbooks_app
from bot.cli.spend import spend

app = typer.Typer(
    name="first-responder",
    help="From alert to briefing in seconds, in Slack. Settings come from the environment and from .env.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
embedder_app = typer.Typer(help="The model that turns texts into vectors.", no_args_is_help=True)
app.add_typer(embedder_app, name="embedder")
app.add_typer(audit_app, name="audit")
app.add_typer(runbooks_app, name="runbooks")
app.command()(spend)
app.command()(learn)
app.command()(forget)
app.command()(record)
app.command()(postmortem)


@app.command()
def serve() -> None:
    """Run the bot until SIGTERM; what is in hand is finished first."""
    gc.disable()  # what loads is no garbage, and to look for some in it takes a tenth of the start
    from sqlalchemy.exc import SQLAlchemyError

    from bot import app as house
    from bot import logs
    from bot.catalog import CatalogError
    from bot.settings import SettingsError, load
    from bot.state.database import DatabaseUrlError, NewerSchemaError
    from integrations.contract import RoomError

    gc.enable()
    try:
        settings = load()
        logs.configure(settings.log_level)
        asyncio.run(house.serve(settings))
    except (SettingsError, CatalogError, DatabaseUrlError, NewerSchemaError, RoomError) as wrong:
        _end(str(wrong))
    except SQLAlchemyError as wrong:
        _end(f"the database cannot be opened ({type(wrong).__name__}); see DATABASE_URL")
    logging.shutdown()
    os._exit(0)  # all is stored and closed; a client's thread that hangs on a server must not hold up the exit


@app.command()
def doctor() -> None:
    """Check every token, scope, source and webhook, and print the fix for each fault. Exit 1 if one is found."""
    from bot import doctor as practice
    from bot.checks import all_checks
    from bot.settings import SettingsError, load

    try:
        checks = asyncio.run(all_checks(load()))
    except SettingsError as wrong:
        _end(str(wrong))
    print(practice.as_text(checks))
    raise typer.Exit(any(check.state == "fault" for check in checks))


@app.command()
def replay(
    paths: Annotated[list[Path], typer.Argument(help="A recording's folder, or a folder of them.", exists=True)],
    model: Annotated[bool, typer.Option("--model", help="Ask the model for its second opinion too.")] = False,  # noqa: FBT002 - a flag
    most: Annotated[str, typer.Option("--most-dollars", help="What that may cost in all.")] = "1.00",
) -> None:
    """Run recordings through evidence and analysis, with no Slack; one JSON line each."""
    from bot.replaying.replay import replay as run

    raise typer.Exit(_with_model(paths, most) if model else run(paths, sys.stdout))


def _with_model(paths: list[Path], most: str) -> int:
    from decimal import Decimal, InvalidOperation

    from bot.domain.money import Money
    from bot.replaying.with_model import replay_with_model
    from bot.settings import SettingsError, load

    try:
        dollars = Money.dollars(Decimal(most))
    except (InvalidOperation, ValueError, OverflowError):  # no number; «nan»; «inf»
        _end(f"--most-dollars: an amount such as 1.00, not {most}")
    try:
        return asyncio.run(replay_with_model(load(), paths, dollars, sys.stdout))
    except SettingsError as wrong:
        _end(str(wrong))


@embedder_app.command("fetch")
def embedder_fetch() -> None:
    """Fill EMBEDDER_PATH with a small ONNX model, once. Nothing is ever downloaded during an incident."""
    from bot.settings import SettingsError, load
    from integrations import chromadb
    from integrations.contract import RoomError

    try:
        settings = load()
        print(chromadb.fetch_model(settings.embedder_path, settings.extra_ca_file))
    except (SettingsError, RoomError) as wrong:
        _end(str(wrong))


@app.command()
def migrate() -> None:
    """Bring the database to the newest shape; `serve` does it too."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.settings import SettingsError, load
    from bot.state.database import DatabaseUrlError, NewerSchemaError
    from bot.state.database import migrate as run

    try:
        print(f"database at revision {run(load().database_url)}")
    except (SettingsError, DatabaseUrlError, NewerSchemaError) as wrong:
        _end(str(wrong))
    except SQLAlchemyError as wrong:
        _end(f"the database cannot be migrated ({type(wrong).__name__}); see DATABASE_URL")


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def _end(reason: str) -> NoReturn:
    """One sentence a line on standard error, and exit 1: a stack trace helps nobody at 3 a.m."""
    for line in reason.splitlines():
        print(f"first-responder: {line}", file=sys.stderr)
    raise typer.Exit(1)


def main() -> None:
    """The entry point of the console script."""
    app()


if __name__ == "__main__":
    main()
