"""Views of a product or category page of a shop. Parameters `_pks`, `_pkn`, `_pkc`, `_pkp`."""

from __future__ import annotations

import orjson

from qtd.engine.action import Action, ActionType
from qtd.engine.params import Params
from qtd.engine.php import float_text, truthy, unsanitize

#: A product's categories have five columns.
MAX_CATEGORIES = 5
_PARAMETERS = frozenset({"_pks", "_pkn", "_pkc", "_pkp"})


def add_product_view(action: Action, params: Params) -> None:
    """Let the action refer to the product that the page shows."""
    if params.raw.keys().isdisjoint(_PARAMETERS):
        return
    if params.has("_pks"):
        action.refer("idaction_product_sku", ActionType.ITEM_SKU, unsanitize(params.text("_pks")))
    if params.has("_pkn"):
        action.refer("idaction_product_name", ActionType.ITEM_NAME, unsanitize(params.text("_pkn")))
    if params.has("_pkc"):
        for number, category in enumerate(_categories(unsanitize(params.text("_pkc")))):
            column = "idaction_product_cat" + (str(number + 1) if number else "")
            action.refer(column, ActionType.ITEM_CATEGORY, category)
    price = params.number("_pkp")
    if price is not None:
        action.columns["product_price"] = price


def _categories(text: str) -> list[str]:
    """One category, or a JSON list of up to five."""
    if not text.startswith('["'):
        return [text]
    try:
        names = orjson.loads(text)
    except orjson.JSONDecodeError:
        return []
    return [_text(name) for name in names if truthy(name)][:MAX_CATEGORIES]


def _text(value: object) -> str:
    """A JSON value as PHP prints it."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return float_text(value)
    return str(int(value)) if isinstance(value, int) else "Array"
