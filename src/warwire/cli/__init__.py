"""The commands: one verb each, composed of the rooms; `run` turns errors into exit codes."""

from warwire.cli.app import run

__all__ = ["run"]
