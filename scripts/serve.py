"""The same as `warwire serve`."""

from warwire.cli import run

if __name__ == "__main__":
    run("serve")
