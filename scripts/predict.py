"""The same as `warwire predict`."""

from warwire.cli import run

if __name__ == "__main__":
    run("predict")
