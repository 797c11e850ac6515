"""Tables from Authlib's mixins for SQLAlchemy, and the session of a thread."""

import os
import time
from typing import Any

from authlib.integrations.sqla_oauth2 import OAuth2AuthorizationCodeMixin, OAuth2ClientMixin, OAuth2TokenMixin
from sqlalchemy import ForeignKey, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, scoped_session, sessionmaker

THREADS = 16
"""Threads that answer: as many as the load generator has connections."""
_CODE_LIFETIME = 86_400
_URL = os.environ["PEER_DATABASE_URL"]
IS_SQLITE = _URL.startswith("sqlite")

engine = create_engine(
    _URL.replace("postgresql://", "postgresql+psycopg2://"),
    pool_size=THREADS if IS_SQLITE else 10,
    max_overflow=0,
    connect_args={} if IS_SQLITE else {"options": "-c jit=off"},  # as ours
)
session = scoped_session(sessionmaker(engine))


@event.listens_for(engine, "connect")
def _make_durable(connection: Any, _: Any) -> None:
    """SQLite as our server has it; PostgreSQL stays as it is."""
    if IS_SQLITE:
        connection.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;"
            "PRAGMA cache_size = -16384;"
        )


class Base(DeclarativeBase):
    """What Authlib's mixins are mixed into."""


class User(Base):
    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    picture: Mapped[str | None]
    email_verified: Mapped[bool]

    def get_user_id(self) -> str:
        return self.id


class Client(Base, OAuth2ClientMixin):
    __tablename__ = "oauth2_clients"
    id: Mapped[int] = mapped_column(primary_key=True)


class AuthorizationCode(Base, OAuth2AuthorizationCodeMixin):
    __tablename__ = "oauth2_codes"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    user: Mapped[User] = relationship()

    def is_expired(self) -> bool:
        """After a day; the mixin says five minutes, and codes wait longer here for their turn."""
        return self.auth_time + _CODE_LIFETIME < time.time()


class Token(Base, OAuth2TokenMixin):
    __tablename__ = "oauth2_tokens"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    user: Mapped[User] = relationship()

    def get_user(self) -> User:
        return self.user

    def get_client(self) -> Client:
        return session.query(Client).filter_by(client_id=self.client_id).one()
