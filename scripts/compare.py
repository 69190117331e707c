"""The same as `warwire compare`."""

from warwire.cli import run

if __name__ == "__main__":
    run("compare")
