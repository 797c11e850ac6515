"""Grants of all benefits."""

from typing import Unpack

from polar_client.calls import Call, Many, Maybe, Page
from polar_client.operations import Resource, Way, every, operation
from polar_client.resources.asking import Listing
from polar_client.resources.benefits import BenefitGrant


class BenefitGrantFilters(Listing, total=False):
    """Which grants."""

    customer_id: Maybe[Many | None]
    external_customer_id: Maybe[Many | None]
    is_granted: Maybe[bool | None]


class BenefitGrants(Resource[Way]):
    """`/v1/benefit-grants`."""

    @operation
    def list(self, **filters: Unpack[BenefitGrantFilters]) -> Call[Page[BenefitGrant]]:
        """Who has which benefits, and who had them."""
        return Call("GET", "/v1/benefit-grants", Page[BenefitGrant], query=filters)

    iter_all = every(list)
