"""What a visitor did: the kind of action a request stands for, and the names it looks up in `log_action`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from qtd.engine.invalid import InvalidRequest
from qtd.engine.php import is_whole

#: The identity of a row of `log_action`: type and name. Stands in an `idaction_*` cell until it is written.
ActionName = tuple[int, str]

#: The longest name the column holds, in characters.
MAX_NAME_LENGTH: Final = 4096


class ActionType(IntEnum):
    """The types of `log_action`; those of Matomo's Action class."""

    PAGE_URL = 1
    OUTLINK = 2
    DOWNLOAD = 3
    PAGE_TITLE = 4
    ITEM_SKU = 5
    ITEM_NAME = 6
    ITEM_CATEGORY = 7
    SITE_SEARCH = 8
    EVENT_CATEGORY = 10
    EVENT_ACTION = 11
    EVENT_NAME = 12
    CONTENT_NAME = 13
    CONTENT_PIECE = 14
    CONTENT_TARGET = 15
    CONTENT_INTERACTION = 16


#: An event's own URL is stored with the type of its category, a content's with that of its name.
EVENT: Final = ActionType.EVENT_CATEGORY
CONTENT: Final = ActionType.CONTENT_NAME


@dataclass(kw_only=True, slots=True)
class Action:
    """One action; `names` says which columns of `log_link_visit_action` refer to which name."""

    type: ActionType
    #: the page's (or target's) address after exclusion of parameters; null where it does not look like one
    url: str | None = None
    #: the address before that
    raw_url: str | None = None
    #: the page's title or the searched words, cleaned
    title: str = ""
    #: column -> name, null where the name is empty (the column is then 0)
    names: dict[str, ActionName | None] = field(default_factory=dict)
    #: name -> `url_prefix` for the names that have one
    url_prefixes: dict[ActionName, int | None] = field(default_factory=dict)
    #: columns of the action's row that are no references: search category, custom dimensions …
    columns: dict[str, object] = field(default_factory=dict)
    #: why it can not be recorded; null where it can. It matters only where the action is looked up.
    objection: InvalidRequest | None = None

    @property
    def is_page_view(self) -> bool:
        """A page was seen."""
        return self.type is ActionType.PAGE_URL

    @property
    def is_site_search(self) -> bool:
        """The site's own search was used."""
        return self.type is ActionType.SITE_SEARCH

    @property
    def is_event(self) -> bool:
        """A custom event."""
        return self.type is EVENT

    @property
    def is_interaction(self) -> bool:
        """Pages and searches move a visit's entry and exit page and its position counter; the rest does not."""
        return self.type is ActionType.PAGE_URL or self.type is ActionType.SITE_SEARCH

    @property
    def counts(self) -> bool:
        """Whether the action adds to the visit's number of actions (content impressions do not)."""
        return self.type is not CONTENT

    def refer(self, column: str, action_type: int, name: str, url_prefix: int | None = None) -> None:
        """Let a column refer to a name; an empty name (also "0") is no name.

        A name that Matomo's database, which is strict, does not take is an objection: the request is lost there.
        """
        if name in ("", "0"):
            self.names[column] = None
            return
        if len(name) > MAX_NAME_LENGTH:
            self.object("name_too_long", f"a name has more than {MAX_NAME_LENGTH} characters")
        elif not is_whole(name):
            self.object("broken_character", "a name is cut off within a character")
        key = (int(action_type), name)
        self.names[column] = key
        if url_prefix is not None:
            self.url_prefixes[key] = url_prefix

    def object(self, reason: str, message: str) -> None:
        """Say why the action can not be recorded; the first reason counts."""
        if self.objection is None:
            self.objection = InvalidRequest(reason, message)
