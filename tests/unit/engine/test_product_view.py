from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.action import Action, ActionType
from qtd.engine.params import Params
from qtd.engine.product_view import add_product_view


def shown(**params: Any) -> Action:
    """A page view with what the parameters say of a product."""
    action = Action(type=ActionType.PAGE_URL)
    add_product_view(action, Params(params))
    return action


def test_sku_name_and_price() -> None:
    """Names are stored as they were before they were escaped; what is not sent is left out."""
    action = shown(_pks="a&b", _pkn="<n>", _pkp="9.90")
    assert action.names == {
        "idaction_product_sku": (ActionType.ITEM_SKU, "a&b"),
        "idaction_product_name": (ActionType.ITEM_NAME, "<n>"),
    }
    assert action.columns == {"product_price": 9.9}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("Shoes", ["Shoes"]),
        ('["A","B & C"]', ["A", "B & C"]),
        ('["A","","0",null,"B"]', ["A", "B"]),
        ('["1","2","3","4","5","6"]', ["1", "2", "3", "4", "5"]),
        ('["A",1,2.50,true]', ["A", "1", "2.5", "1"]),
        ("[1]", ["[1]"]),
        ('["A', []),
    ],
)
def test_one_category_or_a_list_of_five(given: str, names: list[str]) -> None:
    """What begins like a list of texts is read as JSON; empty ones are left out, and broken JSON is none."""
    columns = ["", "2", "3", "4", "5"]
    assert shown(_pkc=given).names == {
        f"idaction_product_cat{columns[place]}": (ActionType.ITEM_CATEGORY, name)
        for place, name in enumerate(names)
    }


def test_empty_ones_are_zero() -> None:
    """A parameter that is there refers to nothing, one that is missing leaves the column null."""
    assert shown(_pks="", _pkc="").names == {"idaction_product_sku": None, "idaction_product_cat": None}
    assert shown(_pkp="").columns == {}
    assert shown(_pkp="abc").columns == {"product_price": 0.0}
    assert shown(url="x").names == {}
