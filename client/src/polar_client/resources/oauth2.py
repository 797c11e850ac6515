"""OAuth clients: registered, changed and deleted (RFC 7591, RFC 7592); and who a token stands for."""

from collections.abc import Sequence
from typing import ClassVar, Literal, Required, TypeAlias, TypedDict, Unpack

from polar_client.calls import Call, Maybe, Page, sent
from polar_client.operations import Resource, Way, every, operation
from polar_client.resources.asking import Paging
from polar_client.shapes import Shape

AuthMethod: TypeAlias = Literal["client_secret_post", "client_secret_basic", "none"]
SubType: TypeAlias = Literal["user", "organization"]

_ONE = "/v1/oauth2/register/{client_id}"


class ClientMetadata(TypedDict, total=False):
    """What a client says about itself (RFC 7591 §2). `none` makes it public: a program on people's own machines."""

    client_name: Required[str]
    redirect_uris: Required[Sequence[str]]
    scope: Maybe[str | None]
    token_endpoint_auth_method: Maybe[AuthMethod]
    grant_types: Maybe[Sequence[str]]
    response_types: Maybe[Sequence[str]]
    client_uri: Maybe[str | None]
    logo_uri: Maybe[str | None]
    policy_uri: Maybe[str | None]
    tos_uri: Maybe[str | None]
    default_sub_type: Maybe[SubType]
    id_token_signed_response_alg: Maybe[Literal["RS256", "ES256"]]


class OAuth2Client(Shape, kw_only=True):
    """A client. `client_secret` is told once, when it is made; `registration_access_token` changes and deletes it."""

    hidden: ClassVar[frozenset[str]] = frozenset({"client_secret", "registration_access_token"})

    client_id: str
    client_secret: str | None = None
    client_secret_expires_at: int | None = None
    registration_access_token: str | None = None
    registration_client_uri: str | None = None
    client_id_issued_at: int | None = None
    client_name: str
    redirect_uris: list[str]
    token_endpoint_auth_method: str
    grant_types: list[str] = []
    response_types: list[str] = []
    scope: str = ""
    client_uri: str | None = None
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    default_sub_type: str = "user"
    id_token_signed_response_alg: str = "RS256"  # noqa: S105  an algorithm


class UserinfoOrganization(Shape, kw_only=True):
    """An organization of the person; `role` is owner, admin or member."""

    id: str
    slug: str
    name: str
    avatar_url: str | None = None
    role: str


class Actor(Shape, kw_only=True):
    """The person who acts for an organization (RFC 8693 §4.1)."""

    sub: str


class Userinfo(Shape, kw_only=True):
    """Who a token stands for: what its scopes open (OpenID Connect Core §5.3)."""

    sub: str
    sub_type: str = "user"
    name: str | None = None
    picture: str | None = None
    email: str | None = None
    email_verified: bool | None = None
    act: Actor | None = None
    organizations: list[UserinfoOrganization] = []


class OAuth2(Resource[Way]):
    """`/v1/oauth2`."""

    @operation
    def create_client(self, **metadata: Unpack[ClientMetadata]) -> Call[OAuth2Client]:
        """Register a client. It belongs to the person whose token is sent, or to nobody without one."""
        return Call("POST", "/v1/oauth2/register", OAuth2Client, body=sent(metadata))

    @operation
    def list_clients(self, **paging: Unpack[Paging]) -> Call[Page[OAuth2Client]]:
        """The clients of the person whose token this is, without their secrets."""
        return Call("GET", "/v1/oauth2/", Page[OAuth2Client], query=paging)

    iter_clients = every(list_clients)

    @operation
    def get_client(self, client_id: str, *, registration_access_token: str) -> Call[OAuth2Client]:
        """One client, with its own token."""
        return Call("GET", _ONE, OAuth2Client, (client_id,), token=registration_access_token)

    @operation
    def update_client(
        self, client_id: str, *, registration_access_token: str, **metadata: Unpack[ClientMetadata]
    ) -> Call[OAuth2Client]:
        """Replace what a client says about itself, all of it (RFC 7592 §2.2)."""
        body = {"client_id": client_id, **sent(metadata)}
        return Call("PUT", _ONE, OAuth2Client, (client_id,), body=body, token=registration_access_token)

    @operation
    def delete_client(self, client_id: str, *, registration_access_token: str) -> Call[None]:
        """Delete a client: all of its tokens are dead at once."""
        return Call("DELETE", _ONE, None, (client_id,), token=registration_access_token)

    @operation
    def userinfo(self) -> Call[Userinfo]:
        """Who the client's token stands for."""
        return Call("GET", "/v1/oauth2/userinfo", Userinfo)
