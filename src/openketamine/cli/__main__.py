"""`python -m openketamine.cli`: the same as the `openketamine` command."""

import sys

from openketamine.cli import main

if __name__ == "__main__":
    sys.exit(main())
