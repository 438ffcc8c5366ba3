"""`python -m qtd` is `qtd`."""

from qtd.cli.main import main

main(prog_name="qtd")
