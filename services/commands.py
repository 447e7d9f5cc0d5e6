"""What `softstart` can do, and what its arguments mean."""

import argparse
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from services import (
    databases,
    demo,
    doctor,
    embedded,
    held,
    screen,
    screener_files,
    simulate,
    slots,
    upkeep,
)
from services.given import BadInput
from services.home import Home, Secrets
from services.postgres import program
from services.serving import PortUnavailable

EPILOG = """\
examples:
  softstart up                          everything, on http://127.0.0.1:8000, kept in ./var
  softstart up --port 8080 --home /srv/softstart
  softstart up --demo                   a fictional practice to look at, kept in ./var/demo
  softstart staff link                  a link that lets the practice's owner in, once
  softstart staff reset ADDRESS --reason 'phone lost'
                                        forget a second step, and a link to sign in with
  softstart screen answers.json         what the form's table says to these answers
  softstart slots case.json             which starts a case has: calendars and rules, no database
  softstart screener lint FILE          what is wrong with a form's file; `install` puts it to use
  softstart screener replay             whether every decision comes out as it was made
  softstart simulate                    both carriers and a mail server, played on this machine
  softstart doctor                      whether anything is that must never be: 1 and a list if so
  softstart audit verify                whether the record of who read what is whole
  softstart keys rotate                 new encryption keys, while the suite runs
  softstart retention --dry-run         whose record may be destroyed now, and by which rule
  SMTP_URL=smtps://user:word@mail.example:465 SMTP_BAA='signed 2026-05-01 by P. Raman' softstart up
                                        mail goes out, instead of into the mailbox

what the environment may say:
  PORT, SOFTSTART_HOME                  the same as --port and --home
  DATABASE_URL                          a PostgreSQL 15 or newer, as its administrator, to use
                                        instead of the embedded one
  BROKER_URL                            amqp:// or redis://, to use instead of PostgreSQL
  PUBLIC_URL                            where people find the suite, when a proxy of yours stands
                                        before it (it has to set X-Forwarded-For and -Proto)
  SMTP_URL                              how mail goes out
  TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM
                                        how texts go out
  SINCH_SERVICE_PLAN_ID, SINCH_API_TOKEN, SINCH_CALLBACK_SECRET, SINCH_FROM
                                        the same by another carrier, or by both
  SMTP_BAA, TWILIO_BAA, SINCH_BAA       the business associate agreement with each, or
                                        not-a-covered-entity; without it messages wait
  PRACTICE_NAME, PRACTICE_PHONE, PRACTICE_TIMEZONE, PRACTICE_LICENSED_STATES,
  PRACTICE_NEUTRAL_SENDER, PRACTICE_SENDER_ADDRESS, PRACTICE_STAFF_EMAIL, QUICK_EXIT_URL
                                        who the practice is
  SECOND_FACTOR                         required; offered only in a practice run, as --demo is
  CLIENT_LANGUAGES                      en, or en,es once the Spanish words have been read
"""


def _arguments(env: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="softstart",
        description="Intake, booking and reminders for a couples-therapy practice.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    at_home = argparse.ArgumentParser(add_help=False)
    at_home.add_argument(
        "--home",
        type=Path,
        default=env.get("SOFTSTART_HOME"),
        metavar="FOLDER",
        help="where the suite keeps its data, secrets and logs (default: ./var)",
    )
    at_port = argparse.ArgumentParser(add_help=False)
    at_port.add_argument("--port", default=env.get("PORT", "8000"), help="default: 8000")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    up = commands.add_parser(
        "up", parents=[at_home, at_port], help="start the whole suite in one process"
    )
    up.add_argument("--demo", action="store_true", help="a fictional practice, made up once")
    up.set_defaults(run=_up)

    staff = commands.add_parser("staff", help="who works here").add_subparsers(
        metavar="COMMAND", required=True
    )
    link = staff.add_parser(
        "link", parents=[at_home, at_port], help="print a link that lets the owner in, once"
    )
    link.set_defaults(run=_staff_link)
    reset = staff.add_parser(
        "reset",
        parents=[at_home, at_port],
        help="forget somebody's code app, passkeys and recovery codes, who has lost them all",
    )
    reset.add_argument("address", help="the e-mail address with which they sign in")
    reset.add_argument("--reason", required=True, help="why, in a few words: it is kept")
    reset.set_defaults(run=_staff_reset)

    migrate = commands.add_parser(
        "migrate", parents=[at_home], help="bring roles, schemas and tables up to date"
    )
    migrate.set_defaults(run=_migrate)

    psql = commands.add_parser("psql", parents=[at_home], help="look into the suite's database")
    psql.set_defaults(run=_psql)

    secrets = commands.add_parser("secrets", help="print fresh secrets for compose's .env")
    secrets.set_defaults(run=_secrets)

    simulate.add_command(commands)
    screen.add_command(commands)
    slots.add_command(commands)
    screener_files.add_commands(commands, at_home, _screener)
    upkeep.add_commands(commands, at_home, _upkeep)
    doctor.add_command(commands, at_home, _upkeep)
    held.add_commands(commands, at_home, _upkeep)
    return parser


def _up(options: argparse.Namespace) -> None:
    home = _home(options)
    env = demo.environment(os.environ) if options.demo else os.environ
    with embedded.until_told_to_stop(), embedded.running(home, _port(options), env) as suite:
        if options.demo:
            demo.fill(suite.settings)
        print("\n".join(suite.greeting(let_in=options.demo)), flush=True)
        threading.Event().wait()
    # A thread that is still talking to a slow mail server must not hold up the end.
    os._exit(0)


def _staff_link(options: argparse.Namespace) -> None:
    print(embedded.staff_link(_home(options), os.environ, port=_port(options)))


def _staff_reset(options: argparse.Namespace) -> None:
    link = embedded.staff_reset(
        _home(options), os.environ, _port(options), options.address, options.reason
    )
    print(f"Their second step is forgotten, and they are signed out everywhere.\n{link}")


def _migrate(options: argparse.Namespace) -> None:
    databases.migrate(_home(options), os.environ)


def _psql(options: argparse.Namespace) -> None:
    with databases.server_at_hand(_home(options), os.environ) as server:
        subprocess.run([str(program("psql")), server.admin_url], check=False)


def _upkeep(options: argparse.Namespace) -> int:
    done: int = options.upkeep(_home(options), os.environ)
    return done


def _screener(options: argparse.Namespace) -> int:
    done: int = options.work(_home(options), os.environ, options)
    return done


def _secrets(options: argparse.Namespace) -> None:  # noqa: ARG001
    for name, value in Secrets.fresh().as_environment().items():
        print(f"{name}={value}")


def _home(options: argparse.Namespace) -> Home:
    demo = getattr(options, "demo", False)
    return Home(Path(options.home or ("var/demo" if demo else "var")))


def _port(options: argparse.Namespace) -> int:
    if options.port.isdecimal() and int(options.port) < 65536:
        return int(options.port)
    raise PortUnavailable(f"{options.port!r} is no port; it is a number up to 65535.")


def main() -> int:
    """Run the command that the arguments name: 0, or 2 and one sentence why not."""
    options = _arguments(os.environ).parse_args()
    try:
        return options.run(options) or 0
    except (*embedded.Refusal, BadInput, screener_files.NotFit, upkeep.NotNow) as reason:
        print(f"softstart: {reason}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
