"""Private set intersection: one side learns which of its values the other has, and no more.

The protocol is Diffie-Hellman on an elliptic curve, each value raised to both sides' secrets, as
the library ``openmined-psi`` does it. The side that answers learns how many values were asked
about; the side that asks learns which of them are there, and within a factor of two how many
there are. Both are taken to follow the protocol: nothing stops one from asking about values that
it only guesses, so questions are counted (`sidelight.exchange.store.seen`).
"""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, Final

from sidelight.errors import UsageError
from sidelight.extras import install

RATE: Final = 1e-6
"""How often a whole question gets a wrong "seen" back; at 1e-9 and `MOST` the library cannot
write sets of fewer than 512 values."""
MOST: Final = 100_000
"""Values in one question."""
_LIBRARY: Final = "private_set_intersection"


def missing() -> str:
    """Say why there is no private set intersection here; "" where there is."""
    if find_spec(_LIBRARY) is None:
        return "the library openmined-psi is not installed"
    return ""


def _library() -> Any:
    try:
        import private_set_intersection.python as psi  # noqa: PLC0415 - an extra
    except ImportError as error:
        hint = f"{install('psi')}; its wheels need glibc 2.35 on x86-64, or macOS on ARM"
        reason = f"private set intersection cannot be used: {error}"
        raise UsageError(reason, hint=hint) from None
    return psi


def new_key(*, asks: bool) -> bytes:
    """Make a secret for one epoch, or for one question."""
    psi = _library()
    side = psi.client if asks else psi.server
    return bytes(side.CreateWithNewKey(True).GetPrivateKeyBytes())


def setup(key: bytes, values: Sequence[str], fill: Sequence[str]) -> bytes:
    """Give what the side that asks needs of the set that is asked; *fill* hides its size."""
    psi = _library()
    server = psi.server.CreateFromKey(key, True)
    items = [*dict.fromkeys(values), *fill]
    made = server.CreateSetupMessage(RATE, MOST, items, psi.DataStructure.GCS)
    return bytes(made.SerializeToString())


def question(key: bytes, values: Sequence[str]) -> bytes:
    """Give what is sent to ask about *values*, in this order, which the answer has, too."""
    made = _library().client.CreateFromKey(key, True).CreateRequest(list(values))
    return bytes(made.SerializeToString())


def asked(data: bytes) -> int:
    """Count the values of a question.

    Raises:
        UsageError: it is none.
    """
    return len(_parsed(_library().Request, data, "question").encrypted_elements)


def answer(key: bytes, data: bytes) -> bytes:
    """Answer a question.

    Raises:
        UsageError: it is none.
    """
    psi = _library()
    request = _parsed(psi.Request, data, "question")
    try:
        made = psi.server.CreateFromKey(key, True).ProcessRequest(request)
    except (RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"is no question: {reason}", where="question") from None
    return bytes(made.SerializeToString())


def hits(key: bytes, values: Sequence[str], prepared: bytes, data: bytes) -> list[str]:
    """Give those of *values*, as they were asked about, that the other side has.

    The library gives places in the question, in no order; an answer that has not as many parts as
    the question, or names a place twice, or one that is not there, is refused.

    Raises:
        UsageError: it is no answer to this question.
    """
    psi = _library()
    ready = _parsed(psi.ServerSetup, prepared, "setup")
    reply = _parsed(psi.Response, data, "answer")
    if len(reply.encrypted_elements) != len(values):
        raise UsageError("is no answer to this question: it has other parts", where="answer")
    try:
        places = psi.client.CreateFromKey(key, True).GetIntersection(ready, reply)
    except (RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"is no answer: {reason}", where="answer") from None
    if len({*places}) != len(places) or not all(0 <= place < len(values) for place in places):
        raise UsageError("names values that were not asked about", where="answer")
    return [values[place] for place in sorted(places)]


def _parsed(kind: Any, data: bytes, where: str) -> Any:
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - comes with the library

    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise UsageError(f"cannot be read: {error}", where=where) from None
