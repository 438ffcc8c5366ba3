"""The configuration: one YAML file, validated as a whole, every key with a default."""

from qtd.config.load import DEFAULT_PATHS, load
from qtd.config.root import Config

__all__ = ["DEFAULT_PATHS", "Config", "load"]
