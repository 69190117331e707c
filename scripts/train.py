"""The same as `warwire train`."""

from warwire.cli import run

if __name__ == "__main__":
    run("train")
