"""The same as `warwire studio`."""

from warwire.cli import run

if __name__ == "__main__":
    run("studio")
