"""`python -m warwire.cli`."""

from warwire.cli.app import run

run()
