"""Lets ``python -m contactpoint`` be the program."""

from contactpoint.cli.program import main

if __name__ == "__main__":
    main()
