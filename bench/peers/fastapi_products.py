"""The list of products as it is usually written: FastAPI, the asynchronous ORM of SQLAlchemy 2 on asyncpg, pydantic.

It reads the database that our server reads, and answers the same JSON. Like ours it

- looks the access token up by its id, compares its HMAC, its end and its grant's, and reads the person's memberships:
  `joinedload` for what is one, `selectinload` for what is many, in the session that the request then goes on with;
- counts what the list matches, and reads the page with its prices and benefits by `selectinload`;
- asks in the list itself whether a product was sold, by EXISTS on each of the three tables.

It has as many connections as our server, `jit` off as ours, and no rate limits, metrics or request ids, which ours has.
FastAPI encodes the answer with pydantic, in Rust, which is its fastest way.
"""

import argparse
import hashlib
import hmac
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Json
from sqlalchemy import ForeignKey, Select, and_, column, exists, func, or_, select, table
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

DIGEST_KEY = bytes.fromhex(os.environ["PEER_DIGEST_KEY"])
"""The key of the digests of tokens."""

engine = create_async_engine(
    os.environ["PEER_DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://"),
    pool_size=10,
    max_overflow=0,
    connect_args={"server_settings": {"jit": "off"}},
)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    """The tables of our server, as far as the list needs them."""


class Membership(Base):
    __tablename__ = "memberships"
    organization_id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    role: Mapped[str]


class User(Base):
    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    disabled_at: Mapped[int | None]
    memberships: Mapped[list[Membership]] = relationship()


class Grant(Base):
    __tablename__ = "grants"
    id: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[str]
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    sub_type: Mapped[str]
    organization_id: Mapped[str | None]
    scope: Mapped[str]
    revoked_at: Mapped[int | None]
    user: Mapped[User] = relationship()


class AccessToken(Base):
    __tablename__ = "access_tokens"
    id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    grant_id: Mapped[str] = mapped_column(ForeignKey("grants.id"))
    scope: Mapped[str]
    expires_at: Mapped[int | None]
    revoked_at: Mapped[int | None]
    grant: Mapped[Grant] = relationship()


class Price(Base):
    __tablename__ = "prices"
    id: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str]
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"))
    position: Mapped[int]
    amount_type: Mapped[str]
    price_currency: Mapped[str]
    tax_behavior: Mapped[str | None]
    price_amount: Mapped[int | None]
    is_archived: Mapped[bool]
    created_at: Mapped[int]
    modified_at: Mapped[int | None]


class ProductBenefit(Base):
    __tablename__ = "product_benefits"
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), primary_key=True)
    benefit_id: Mapped[str] = mapped_column(ForeignKey("benefits.id"), primary_key=True)
    position: Mapped[int]


class Benefit(Base):
    __tablename__ = "benefits"
    id: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str]
    type: Mapped[str]
    description: Mapped[str]
    visibility: Mapped[str]
    properties: Mapped[str]
    metadata_: Mapped[str] = mapped_column("metadata")
    deletable: Mapped[bool]
    created_at: Mapped[int]
    modified_at: Mapped[int | None]
    deleted_at: Mapped[int | None]


class Product(Base):
    __tablename__ = "products"
    id: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    visibility: Mapped[str]
    recurring_interval: Mapped[str | None]
    recurring_interval_count: Mapped[int | None]
    trial_interval: Mapped[str | None]
    trial_interval_count: Mapped[int | None]
    is_archived: Mapped[bool]
    metadata_: Mapped[str] = mapped_column("metadata")
    created_at: Mapped[int]
    modified_at: Mapped[int | None]
    prices: Mapped[list[Price]] = relationship(
        primaryjoin=lambda: and_(Price.product_id == Product.id, Price.is_archived.is_(False)),
        order_by=lambda: [Price.position, Price.id],
    )
    benefits: Mapped[list[Benefit]] = relationship(
        secondary="product_benefits",
        secondaryjoin=lambda: and_(Benefit.id == ProductBenefit.benefit_id, Benefit.deleted_at.is_(None)),
        order_by=ProductBenefit.position,
        viewonly=True,
    )

    @property
    def is_recurring(self) -> bool:
        return self.recurring_interval is not None

    @property
    def is_deletable(self) -> bool:
        return not self.is_sold


def _refers(name: str) -> Any:
    referring = table(name, column("product_id"), column("organization_id"))
    same = and_(referring.c.product_id == Product.id, referring.c.organization_id == Product.organization_id)
    return exists().where(same).correlate_except(referring)


Product.is_sold = column_property(or_(_refers("orders"), _refers("subscriptions"), _refers("checkouts")))


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


Moment = Annotated[datetime, BeforeValidator(_moment)]
MomentOrNone = Annotated[datetime | None, BeforeValidator(_moment)]


class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ShownPrice(Shown):
    amount_type: Literal["fixed"]
    id: str
    created_at: Moment
    modified_at: MomentOrNone
    source: str = "catalog"
    price_currency: str
    tax_behavior: str | None
    is_archived: bool
    product_id: str
    price_amount: int


class ShownBenefit(Shown):
    type: Literal["custom"]
    id: str
    created_at: Moment
    modified_at: MomentOrNone
    organization_id: str
    description: str
    visibility: str
    visibility_configurable: bool = True
    selectable: bool = True
    deletable: bool
    is_deleted: bool = False
    metadata: Json[dict[str, Any]] = Field(validation_alias="metadata_")
    properties: Json[dict[str, Any]]


class ShownProduct(Shown):
    id: str
    created_at: Moment
    modified_at: MomentOrNone
    organization_id: str
    name: str
    description: str | None
    visibility: str
    recurring_interval: str | None
    recurring_interval_count: int | None
    trial_interval: str | None
    trial_interval_count: int | None
    is_recurring: bool
    is_archived: bool
    is_deletable: bool
    metadata: Json[dict[str, Any]] = Field(validation_alias="metadata_")
    prices: list[ShownPrice]
    benefits: list[ShownBenefit]
    medias: list[dict[str, Any]] = []
    attached_custom_fields: list[dict[str, Any]] = []
    meter_interval: str | None = None
    meter_interval_count: int | None = None


T = TypeVar("T")


class Pagination(BaseModel):
    total_count: int
    max_page: int


class ListResource(BaseModel, Generic[T]):
    items: list[T]
    pagination: Pagination


app = FastAPI()
bearer = HTTPBearer(auto_error=False)


async def get_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]


async def get_organizations(
    session: Session, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> set[str]:
    """The organizations of a live token's subject."""
    if credentials is None:
        raise HTTPException(401)
    token_id = credentials.credentials.rpartition("_")[2][:11]
    statement = (
        select(AccessToken)
        .where(AccessToken.id == token_id)
        .options(joinedload(AccessToken.grant).joinedload(Grant.user).selectinload(User.memberships))
    )
    token = (await session.execute(statement)).unique().scalar_one_or_none()
    if token is None or not _is_live(token, credentials.credentials):
        raise HTTPException(401)
    if "products:read" not in token.scope.split():
        raise HTTPException(403)
    reached = {each.organization_id for each in token.grant.user.memberships}
    return reached & {token.grant.organization_id} if token.grant.sub_type == "organization" else reached


def _is_live(token: AccessToken, text: str) -> bool:
    digest = hmac.new(DIGEST_KEY, text.encode(), hashlib.sha256).hexdigest()
    is_over = token.expires_at is not None and time.time() >= token.expires_at
    has_ended = token.revoked_at or token.grant.revoked_at or token.grant.user.disabled_at
    return hmac.compare_digest(digest, token.digest) and not is_over and not has_ended


@app.get("/v1/products/")
async def list_products(
    session: Session,
    organizations: Annotated[set[str], Depends(get_organizations)],
    organization_id: Annotated[list[str] | None, Query()] = None,
    query: str | None = None,
    is_archived: bool | None = None,
    is_recurring: bool | None = None,
    page: Annotated[int, Query(ge=1)] = 1,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> ListResource[ShownProduct]:
    """A page of the products of the caller's organizations."""
    reach = organizations if organization_id is None else organizations & set(organization_id)
    statement = _asked(reach, query, is_archived, is_recurring)
    total = await session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    statement = (
        statement.options(selectinload(Product.prices), selectinload(Product.benefits))
        .order_by(Product.created_at.desc(), Product.id)
        .limit(limit)
        .offset((page - 1) * limit)
    )
    products = (await session.execute(statement)).scalars().all()
    return ListResource(
        items=[ShownProduct.model_validate(each) for each in products],
        pagination=Pagination(total_count=total, max_page=-(-total // limit)),
    )


def _asked(reach: set[str], query: str | None, is_archived: bool | None, is_recurring: bool | None) -> Select[Any]:
    statement = select(Product).where(Product.organization_id.in_(reach))
    if query is not None:
        statement = statement.where(Product.name.icontains(query, autoescape=True))
    if is_archived is not None:
        statement = statement.where(Product.is_archived.is_(is_archived))
    if is_recurring is not None:
        statement = statement.where(Product.recurring_interval.is_not(None) == is_recurring)
    return statement


def main() -> None:
    """Serve on a port, with the settings of `polar-server serve`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    uvicorn.run(
        app,
        port=parser.parse_args().port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
    )


if __name__ == "__main__":
    main()
