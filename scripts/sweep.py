"""The same as `warwire sweep`."""

from warwire.cli import run

if __name__ == "__main__":
    run("sweep")
