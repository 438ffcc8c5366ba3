"""The log: named events with typed fields, JSON for machines, lines for people, no secrets for anyone."""

from qtd.log.event import Event
from qtd.log.logger import Logger, get_logger
from qtd.log.output import configure

__all__ = ["Event", "Logger", "configure", "get_logger"]
