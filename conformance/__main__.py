"""`python -m conformance` is the command `conformance`."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command; imports too may be interrupted."""
    try:
        from conformance import cli

        cli.main()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
