"""`python -m grader`."""

from grader.cli.main import main

if __name__ == "__main__":  # other processes of ours import this module
    main()
