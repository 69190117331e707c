"""The same as `warwire audit`."""

from warwire.cli import run

if __name__ == "__main__":
    run("audit")
