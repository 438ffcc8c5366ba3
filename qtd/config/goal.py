"""`sites[].goals`: what visitors are meant to reach, where no Matomo says so."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from qtd.config.section import Section, contradiction
from qtd.config.values import Text

_MANUALLY = "manually"
_DURATION = "visit_duration"
_GREATER = "greater_than"


class Goal(Section):
    """A goal of a site; the keys are the columns of Matomo's goal table."""

    idgoal: Annotated[int, Field(ge=1, le=2**31 - 1)] = Field(
        description="its number, as in the parameter idgoal"
    )
    name: Text = Field(description="what people call it")
    match_attribute: Literal[
        "url",
        "title",
        "file",
        "external_website",
        "event_category",
        "event_action",
        "event_name",
        "visit_duration",
        "manually",
    ] = Field("url", description="what is compared; manually: only requests with its idgoal convert it")
    pattern: str = Field(
        "", max_length=255, description="what it is compared with; of a duration the minutes"
    )
    pattern_type: Literal["contains", "exact", "regex", "greater_than"] = Field(
        "contains", description="how it is compared; a visit_duration is greater_than"
    )
    case_sensitive: bool = Field(False, description="capitals count")
    allow_multiple: bool = Field(False, description="a visit may convert it more than once")
    revenue: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        0.0, description="what a conversion is worth, in the site's currency"
    )
    event_value_as_revenue: bool = Field(
        False, description="an event's value is what its conversion is worth"
    )

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if not self.pattern and self.match_attribute != _MANUALLY:
            raise contradiction("pattern", f"is needed, unless match_attribute is {_MANUALLY}")
        if (self.pattern_type == _GREATER) != (self.match_attribute == _DURATION):
            raise contradiction(
                "pattern_type", f"{_GREATER} goes with match_attribute {_DURATION}, and only with it"
            )
        return self
