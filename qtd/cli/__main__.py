"""`python -m qtd.cli`: the same as `qtd`, for processes that start one another."""

from __future__ import annotations

from qtd.cli.main import main

main(prog_name="qtd")
