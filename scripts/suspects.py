"""The same as `warwire suspects`."""

from warwire.cli import run

if __name__ == "__main__":
    run("suspects")
