"""Ed25519 signatures of heads and bundles, if the environment has a key.

The key is never stored, only its public half beside each signature. `cryptography` is imported when
there is something to sign or to check: it is an extra.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from cost_pipeline.core.canonical import canonical
from cost_pipeline.core.errors import EnvironmentFailedError, UsageError
from cost_pipeline.ledger.heads import Signer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_VARIABLE: Final = "COST_PIPELINE_SIGNING_KEY"
_MISSING: Final = "pip install 'cost-pipeline[sign]'"


def signed_bytes(digest: str) -> bytes:
    """Returns what is signed: the canonical bytes of a head's hash, or of a manifest's SHA-256."""
    return canonical("signed", digest)


def signer(environment: Mapping[str, str]) -> Signer | None:
    """Returns the function that signs with the environment's key; None if it has none.

    Raises:
        UsageError: If the key is not an Ed25519 private key as PEM or 64 hex characters.
        EnvironmentFailedError: If `cryptography` is not installed.
    """
    text = environment.get(KEY_VARIABLE, "").strip()
    if not text:
        return None
    key = _key(text)
    public = key.public_key().public_bytes_raw().hex()
    return lambda digest: (public, key.sign(signed_bytes(digest)).hex())


def _key(text: str) -> Ed25519PrivateKey:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
            Ed25519PrivateKey,
        )
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
            load_pem_private_key,
        )
    except ImportError as error:
        raise _no_cryptography() from error
    try:
        if text.startswith("-----"):
            key = load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
        else:
            key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))
    except (ValueError, TypeError) as error:
        raise _not_a_key() from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _not_a_key()
    return key


def _not_a_key() -> UsageError:
    return UsageError(
        "the signing key is not an Ed25519 private key",
        where=f"the environment variable {KEY_VARIABLE}",
        remedy="make one with `openssl genpkey -algorithm ed25519`; the variable holds that text, "
        "or the 32 bytes as hex",
        code="SIGNING_KEY",
    )


def signature_holds(digest: str, public_key: str, signature: str) -> bool:
    """Whether the signature of a digest is that of the key.

    Raises:
        EnvironmentFailedError: If `cryptography` is not installed.
    """
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
            Ed25519PublicKey,
        )
    except ImportError as error:
        raise _no_cryptography() from error
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), signed_bytes(digest))
    except (InvalidSignature, ValueError):
        return False
    return True


def _no_cryptography() -> EnvironmentFailedError:
    return EnvironmentFailedError(
        "signing and checking signatures need the package `cryptography`",
        where=f"the environment variable {KEY_VARIABLE}",
        remedy=_MISSING,
        code="INSTALLATION",
    )
