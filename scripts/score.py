"""The same as `warwire score`."""

from warwire.cli import run

if __name__ == "__main__":
    run("score")
