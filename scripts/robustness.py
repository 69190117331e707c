"""The same as `warwire robustness`."""

from warwire.cli import run

if __name__ == "__main__":
    run("robustness")
