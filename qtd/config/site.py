"""`sites`: what is tracked where no Matomo says so."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Self

from pydantic import Field, model_validator

from qtd.config.goal import Goal
from qtd.config.section import ListOf, Section, contradiction
from qtd.config.values import Text, WebAddress, ZoneName


class Site(Section):
    """A site to track; the keys are the columns of Matomo's site table."""

    idsite: Annotated[int, Field(ge=1, le=2**32 - 1)] = Field(
        description="the number that tracking requests carry"
    )
    name: Text = Field(description="what people call it")
    main_url: WebAddress = Field(description="its address")
    urls: ListOf[WebAddress] = Field((), description="further addresses of the same site")
    timezone: ZoneName = Field("UTC", description="where its days begin")
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = Field("USD", description="ISO 4217 code")
    ecommerce: bool = Field(False, description="it sells something")
    sitesearch: bool = Field(True, description="searches within it are recorded as such")
    sitesearch_keyword_parameters: ListOf[Text] = Field(
        (), description="query parameters that hold what was searched for; empty: Matomo's defaults"
    )
    sitesearch_category_parameters: ListOf[Text] = Field(
        (), description="query parameters that hold where it was searched"
    )
    exclude_unknown_urls: bool = Field(False, description="ignore pages outside main_url and urls")
    excluded_ips: ListOf[Text] = Field((), description="addresses, wildcards or ranges of visitors to ignore")
    excluded_parameters: ListOf[Text] = Field((), description="query parameters to drop from page addresses")
    excluded_user_agents: ListOf[Text] = Field((), description="parts of user agents to ignore")
    excluded_referrers: ListOf[Text] = Field((), description="referring sites not to count as such")
    keep_url_fragment: bool = Field(False, description="what follows # is part of a page's address")
    goals: ListOf[Goal] = Field(
        (), description="its goals; none: those of the database's goal table. A goal's keys:"
    )

    @model_validator(mode="after")
    def _numbered(self) -> Self:
        times = Counter(goal.idgoal for goal in self.goals)
        if twice := [idgoal for idgoal, count in times.items() if count > 1]:
            raise contradiction("goals", f"idgoal {twice[0]} is there more than once")
        return self
