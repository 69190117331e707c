"""The same as `warwire benchmark`."""

from warwire.cli import run

if __name__ == "__main__":
    run("benchmark")
