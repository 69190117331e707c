"""The same as `warwire prepare`."""

from warwire.cli import run

if __name__ == "__main__":
    run("prepare")
