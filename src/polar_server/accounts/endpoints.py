"""The pages of accounts, and what the application must provide for them.

Application dependencies, by name: settings, database, server_keys, clock, passwords, mailer, pages, session,
`describe_return_to` (desk.DescribeReturnTo; `desk.leads_to_no_app` when there are no apps), `on_credentials_changed`
and `on_account_deleted` (sequences of people.CredentialsChanged), and `kept_elsewhere` (one of desk.KeptElsewhere).
Exceptions that the application answers: guards.SignInRequired (303 to its `location`), passwords.PasswordsBusy
(503 with Retry-After), html.csrf.Forbidden (403), oauth.errors.InvalidRequest (400) and Litestar's own.
"""

from litestar import Router
from litestar.di import Provide

from polar_server.accounts import (
    account_pages,
    confirm_pages,
    email_change_pages,
    email_pages,
    invitation_pages,
    member_pages,
    organization_pages,
    password_pages,
    password_reset_pages,
    security_pages,
    sign_in_pages,
    sign_up_pages,
)
from polar_server.accounts.desk import gather_desk, note_visit
from polar_server.accounts.leaving import pages as leaving_pages
from polar_server.accounts.one_time_codes import pages as code_pages
from polar_server.accounts.one_time_codes import sign_in_pages as code_sign_in_pages
from polar_server.accounts.passkeys import pages as passkey_pages
from polar_server.accounts.passkeys import sign_in_pages as passkey_sign_in_pages
from polar_server.allowed_methods import with_options

_PAGES = (
    sign_in_pages,
    code_sign_in_pages,
    passkey_sign_in_pages,
    sign_up_pages,
    password_reset_pages,
    email_pages,
    account_pages,
    email_change_pages,
    security_pages,
    password_pages,
    passkey_pages,
    code_pages,
    leaving_pages,
    confirm_pages,
    organization_pages,
    member_pages,
    invitation_pages,
)

routes = [
    Router(
        path="/",
        route_handlers=with_options(handler for page in _PAGES for handler in page.routes),
        dependencies={
            "desk": Provide(gather_desk, sync_to_thread=False),
            "visit": Provide(note_visit, sync_to_thread=False),
        },
    )
]
