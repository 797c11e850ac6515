"""Why a checkout is refused, by the names that the published clients know."""

from polar_server.resource_server.errors import ApiError


class NotOpenCheckout(ApiError):
    """It was paid, or it is over."""

    status = 403


class AlreadyActiveSubscriptionError(ApiError):
    """The customer has a subscription, and the organization sells one to each."""

    status = 403


class TrialAlreadyRedeemed(ApiError):
    """The customer has had a trial, and the organization gives one to each."""

    status = 403


class CheckoutLocked(ApiError):
    """A payment is under way: the bank waits for its customer."""

    status = 409


class ExpiredCheckoutError(ApiError):
    """A day has passed."""

    status = 410


class PaymentError(ApiError):
    """The bank declined. The sentence is for the person who pays."""

    status = 400
