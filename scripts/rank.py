"""The same as `warwire rank`."""

from warwire.cli import run

if __name__ == "__main__":
    run("rank")
