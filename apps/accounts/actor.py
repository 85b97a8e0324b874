"""Who acts: the signed-in person or the API key behind the present work, as plain values."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from apps.accounts.actions import CUSTOMER_ROLES, PLATFORM_ROLES, ROLE_ACTIONS, ROLE_LABELS, Action, Role


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or an API key with what it may do. `role` is None for a key, `user_id` too.

    `customer_id` is set for a key bound to one customer; for a customer's people the customers room adds it, together
    with `customer_name`.
    """

    user_id: UUID | None
    name: str
    email: str
    role: Role | None
    role_label: str
    is_customer: bool
    is_operator: bool
    actions: frozenset[Action]
    api_key_id: UUID | None = None
    customer_id: UUID | None = None
    customer_name: str = ""
    language: str = ""  # of settings.LANGUAGES; "" leaves it to the browser
    time_zone: str = ""  # an IANA name; "" leaves it to the device

    def can(self, action: Action) -> bool:
        """Return whether this actor may do `action`."""
        return action in self.actions

    @property
    def shown_name(self) -> str:
        """What others read about who did something: the name, without one the address."""
        return self.name or self.email

    @property
    def initials(self) -> str:
        """Return up to two letters for the avatar."""
        words = self.shown_name.split()
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


def actor_for_person(
    *, user_id: UUID, name: str, email: str, role: Role, language: str = "", time_zone: str = ""
) -> Actor:
    """Return the actor a person of `role` is."""
    return Actor(
        user_id=user_id,
        name=name,
        email=email,
        role=role,
        role_label=ROLE_LABELS[role],
        is_customer=role in CUSTOMER_ROLES,
        is_operator=role in PLATFORM_ROLES,
        actions=ROLE_ACTIONS[role],
        language=language,
        time_zone=time_zone,
    )


def actor_for_guest(*, name: str, email: str, customer_id: UUID, customer_name: str) -> Actor:
    """Return somebody of a customer who opened a link, without an account: named in the audit trail, with no rights."""
    return Actor(
        user_id=None,
        name=name,
        email=email,
        role=None,
        role_label="",
        is_customer=True,
        is_operator=False,
        actions=frozenset(),
        customer_id=customer_id,
        customer_name=customer_name,
    )


_acting: ContextVar[Actor | None] = ContextVar("actor", default=None)


def current_actor() -> Actor | None:
    """Return who acts, None when the system works by itself."""
    return _acting.get()


@contextmanager
def acting(actor: Actor | None) -> Iterator[None]:
    """Work as `actor`: what is recorded in the audit trail meanwhile carries the name."""
    token = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(token)
