"""The command `softstart`, also `python -m services`.

Who asks about a file alone gets an answer at once; whatever else is asked brings the whole suite
along, and that takes seconds.
"""

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any

from services.given import BadInput


def main() -> int:
    """Run the command that the arguments name: 0, or 2 and one sentence why not."""
    match sys.argv[1:2]:
        case ["slots"]:
            from services import slots  # so that nothing else is imported

            return _about_a_file(slots.add_command)
        case ["screen"]:
            from services import screen  # so that nothing else is imported

            return _about_a_file(screen.add_command)
    from services import commands  # it imports the suite

    return commands.main()


def _about_a_file(add_command: Callable[[Any], None]) -> int:
    parser = argparse.ArgumentParser(prog="softstart")
    add_command(parser.add_subparsers(metavar="COMMAND", required=True))
    options = parser.parse_args()
    try:
        options.run(options)
        sys.stdout.flush()
    except BadInput as reason:
        print(f"softstart: {reason}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever reads has enough; at the end nothing may be left to write
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
