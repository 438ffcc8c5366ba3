"""qtd: queued tracking for Matomo as a system service."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("qtd")
except PackageNotFoundError:  # running from a source tree that was never installed
    __version__ = "0+unknown"
