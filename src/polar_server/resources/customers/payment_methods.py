"""`/v1/customers/{customer_id}/payment-methods`: the cards of a customer, by id or by external id."""

from litestar import get
from litestar.params import FromPath

from polar_server.authorization_server.server import AuthorizationServer, GivenServer
from polar_server.database import Row
from polar_server.payments import PROCESSOR
from polar_server.resource_server.caller import Caller, GivenCaller
from polar_server.resource_server.lists import GivenPaging, ListResource, Paging
from polar_server.resource_server.times import moment, moment_or_none
from polar_server.resources.customers import payment_method_queries as queries
from polar_server.resources.customers.finding import Find, by_external_id, by_id
from polar_server.resources.customers.schemas import PaymentMethod, PaymentMethodCardMetadata

SCOPES = ["customers:read", "customers:write"]


@get("/v1/customers/{customer_id:str}/payment-methods", scopes=SCOPES)
async def list_payment_methods(
    customer_id: FromPath[str], caller: GivenCaller, server: GivenServer, paging: GivenPaging
) -> ListResource[PaymentMethod]:
    """The cards of a customer, newest first."""
    return await _page(server, caller, by_id(customer_id), paging)


@get("/v1/customers/external/{external_id:str}/payment-methods", scopes=SCOPES)
async def list_external_payment_methods(
    external_id: FromPath[str], caller: GivenCaller, server: GivenServer, paging: GivenPaging
) -> ListResource[PaymentMethod]:
    """The cards of a customer that is named by its external id, newest first."""
    return await _page(server, caller, by_external_id(external_id), paging)


async def _page(server: AuthorizationServer, caller: Caller, find: Find, paging: Paging) -> ListResource[PaymentMethod]:
    async with server.database.read() as tx:
        customer = await find(tx, caller)
        place = (customer["id"], customer["organization_id"])
        rows, total = await queries.list_payment_methods(tx, *place, paging.limit, paging.offset)
    return paging.of([_shown(row, customer["default_payment_method_id"]) for row in rows], total)


def _shown(row: Row, default_id: str | None) -> PaymentMethod:
    return PaymentMethod(
        id=row["id"],
        created_at=moment(row["created_at"]),
        modified_at=moment_or_none(row["modified_at"]),
        processor=PROCESSOR,
        customer_id=row["customer_id"],
        method_metadata=PaymentMethodCardMetadata(row["brand"], row["last4"], row["exp_month"], row["exp_year"]),
        is_default=row["id"] == default_id,
    )


routes = [list_payment_methods, list_external_payment_methods]
