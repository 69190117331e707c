"""The same as `warwire export`."""

from warwire.cli import run

if __name__ == "__main__":
    run("export")
