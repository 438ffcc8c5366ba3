"""Looks at everything qtd depends on and says of each thing whether it will do, and what to do where it will not."""
