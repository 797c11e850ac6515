"""Somebody's browser at a checkout: the checkout found, and the pages that it can be shown as."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row
from polar_server.html import Page, PageRequest, Pages, redirect
from polar_server.resource_server.errors import RateLimitExceeded, ResourceNotFound
from polar_server.resource_server.money import money
from polar_server.resources.checkouts.answers import PATH, status_of
from polar_server.resources.checkouts.finding import find_open_to
from polar_server.resources.checkouts.forms import Asked
from polar_server.resources.checkouts.framing import Framed, framed_by, framing_origin
from polar_server.resources.checkouts.page_values import Seller, seller_of, values_of_form
from polar_server.resources.checkouts.throttling import count_look


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser at a checkout that its address opens."""

    request: PageRequest
    server: AuthorizationServer
    pages: Pages
    secret: str
    row: Row
    seller: Seller
    now: int

    @property
    def path(self) -> str:
        return f"{PATH}/{self.secret}"

    @property
    def status(self) -> str:
        return str(status_of(self.row, self.now))

    @property
    def origin(self) -> str | None:
        """Who may frame the page."""
        return framing_origin(self.row, self.seller.embed_hosts)

    @property
    def binding(self) -> Framed | None:
        """What binds the forms, where it is not the browser's cookie."""
        return None if self.origin is None else Framed(self.secret)

    def at(self, row: Row) -> "Visit":
        """The same with a checkout that changed."""
        return replace(self, row=row)

    async def fresh(self) -> Row:
        """The checkout as it is by now; over when its organization was deleted meanwhile."""
        try:
            return await find_open_to(self.server, self.secret)
        except ResourceNotFound:
            return {**dict(self.row), "status": "expired"}

    async def read_form(self) -> dict[str, str]:
        """The posted form. Raises csrf.Forbidden."""
        return await self.pages.read_form(self.request, self.binding)

    async def form_values(self) -> dict[str, Any]:
        async with self.server.database.read() as tx:
            return await values_of_form(tx, self.server, self.row)

    def asked(self, values: Mapping[str, Any]) -> Asked:
        """What the form of these values asks for."""
        return Asked(
            currency=self.row["currency"],
            is_custom=values["limits"] is not None,
            is_card_required=values["is_card_required"],
            needs_address=values["needs_address"],
            is_business=values["is_business"],
            email_is_fixed=values["email_is_fixed"],
        )

    async def show_form(
        self,
        status: int = 200,
        *,
        form: Mapping[str, str] | None = None,
        errors: Mapping[str, str] | None = None,
        notice: str | None = None,
    ) -> Page:
        """The page on which a customer pays; `form` is what was typed before."""
        values = await self.form_values()
        fixed = {"email": values["form"]["email"]} if values["email_is_fixed"] else {}
        values["form"] |= {**(form or {}), **fixed}
        return await self.render("checkout", status=status, errors=dict(errors or {}), notice=notice, **values)

    async def show_bank(self) -> Page:
        """The page that plays the bank."""
        values = await self.form_values()
        amount = money(self.row["amount"], self.row["currency"])
        return await self.render(
            "bank", seller=self.seller, amount=amount, total=values["total"], terms=values["terms"]
        )

    async def elsewhere(self, row: Row | None = None) -> Page:
        """Where a checkout that is not open is shown, or that it is over."""
        visit = self if row is None else self.at(row)
        match visit.status:
            case "open":
                return redirect(visit.path)
            case "succeeded":
                return redirect(f"{visit.path}/confirmation")
            case "confirmed":
                return redirect(f"{visit.path}/bank")
        return await visit.render(
            "over", status=410, kind="expired", seller=visit.seller, return_url=visit.row["return_url"]
        )

    async def render(self, template: str, seller: Seller | None = None, status: int = 200, **values: Any) -> Page:
        """A page of this checkout. Its forms end at the organization's own site."""
        values = {"seller": seller or self.seller, **values}
        page = self.pages.render(
            self.request,
            f"checkouts/{template}.html",
            status,
            form_action="any",
            session=self.binding,
            path=self.path,
            **values,
        )
        return framed_by(page, self.origin)


async def arrive(request: PageRequest, server: AuthorizationServer, pages: Pages, secret: str) -> Visit | Page:
    """The visit, or the page for an address that opens nothing, or for too many visits."""
    try:
        await count_look(request, server)
        row = await find_open_to(server, secret)
    except ResourceNotFound:
        return pages.render(request, "checkouts/over.html", 404, kind="unknown", seller=None, return_url=None)
    except RateLimitExceeded:
        return pages.error(request, 429)
    async with server.database.read() as tx:
        seller = await seller_of(tx, row)
    return Visit(request, server, pages, secret, row, seller, int(server.clock()))
