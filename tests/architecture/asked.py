"""Every address of a partner's portal asked for once by each person, for all the sweeps that judge what was answered."""

import zlib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass

from tests.architecture.addresses import PARTNER_URLS, Address, all_addresses
from tests.architecture.house import House

_SIGNS_OUT = "account_logout"
_answers: dict[str, dict[Address, "Answer"]] = {}  # by person; one house is like the other


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a plain question; the words are kept small, there are thousands."""

    status_code: int
    headers: Mapping[str, str]
    packed: bytes

    @property
    def content(self) -> bytes:
        """Its body, whole, also of a download that came in pieces."""
        return zlib.decompress(self.packed)


def plain_answers(house: House, label: str) -> Mapping[Address, Answer]:
    """Return what this person is answered at every address that may be read, with the ids of the first customer's rows."""
    if label not in _answers:
        _answers[label] = _ask_all(house, label)
    return _answers[label]


def _ask_all(house: House, label: str) -> dict[Address, Answer]:
    client, answers = house.visitors[label].client(), {}
    kept = deepcopy(client.cookies)
    for address in all_addresses():
        if address.urlconf == PARTNER_URLS and address.name != _SIGNS_OUT and "get" in address.methods():
            with house.undone():
                response = client.get(address.path(house.ids["one"]))
                body = b"".join(response)
            answers[address] = Answer(response.status_code, dict(response.headers), zlib.compress(body, 1))
            client.cookies = deepcopy(kept)
    return answers
