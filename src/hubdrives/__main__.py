"""`python -m hubdrives` is the `hubdrives` command."""

from hubdrives.cli import main

if __name__ == "__main__":
    main()
