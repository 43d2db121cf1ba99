"""`python -m openketamine.operations.prepare`: the tables; with `--demo` the scene too.

The environment says where data and database are. A process of its own, started by the supervisor.
"""

import sys

import django
from django.core.management import call_command


def main(arguments: list[str]) -> int:
    """Exit status 0 when the clinic can open."""
    django.setup()
    call_command("migrate", interactive=False, verbosity=1)
    if "--demo" in arguments:
        from openketamine.operations.demo import set_scene

        set_scene()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
