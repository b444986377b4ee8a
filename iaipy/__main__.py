"""`python -m iaipy` is the `iaipy` command."""

from iaipy.cli import main

main()
