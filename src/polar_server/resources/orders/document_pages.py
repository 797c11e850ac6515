"""Invoices and receipts as pages. A signed address is the only credential."""

import json

from litestar import get
from litestar.params import FromPath

from polar_server.authorization_server.server import AuthorizationServer, GivenServer
from polar_server.html import Page, PageRequest, Pages
from polar_server.html.pages import GivenPages
from polar_server.resources.orders.document_contents import Document, document_of
from polar_server.resources.orders.documents import Kind, may_read
from polar_server.resources.organizations.queries import is_there


@get("/orders/{organization_id:str}/{order_id:str}/invoice", include_in_schema=False)
async def show_invoice(
    request: PageRequest,
    organization_id: FromPath[str],
    order_id: FromPath[str],
    server: GivenServer,
    pages: GivenPages,
) -> Page:
    """The invoice of an order."""
    return await _show(request, pages, server, "invoice", (organization_id, order_id))


@get("/orders/{organization_id:str}/{order_id:str}/receipt", include_in_schema=False)
async def show_receipt(
    request: PageRequest,
    organization_id: FromPath[str],
    order_id: FromPath[str],
    server: GivenServer,
    pages: GivenPages,
) -> Page:
    """The receipt of a paid order."""
    return await _show(request, pages, server, "receipt", (organization_id, order_id))


async def _show(
    request: PageRequest, pages: Pages, server: AuthorizationServer, kind: Kind, place: tuple[str, str]
) -> Page:
    document = await _found(request, server, kind, place)
    if document is None:
        return pages.render(request, "orders/link_over.html", 403, kind=kind)
    return pages.render(request, "orders/document.html", document=document)


async def _found(
    request: PageRequest, server: AuthorizationServer, kind: Kind, place: tuple[str, str]
) -> Document | None:
    query = {name: str(value) for name, value in request.query_params.items()}
    if not may_read(server, kind, place, query, int(server.clock())):
        return None
    organization_id, order_id = place
    async with server.database.read() as tx:
        if not await is_there(tx, organization_id):
            return None
        return await document_of(tx, kind, order_id, json.dumps([organization_id]))


routes = [show_invoice, show_receipt]
