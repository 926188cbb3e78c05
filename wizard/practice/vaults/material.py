"""Key material: made, taken in, shown as a JSON Web Key, and used, by the algorithms that Key Vault names."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wizard.practice.vaults.words import bad, decoded, encoded, family

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
SIZES = (2048, 3072, 4096)
CURVES: Mapping[str, type[ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1,
    "P-384": ec.SECP384R1,
    "P-521": ec.SECP521R1,
    "P-256K": ec.SECP256K1,
    "SECP256K1": ec.SECP256K1,
}
_SIGNING: Mapping[str, tuple[str, hashes.HashAlgorithm]] = {
    name: (name[:2], algorithm)
    for size, algorithm in (("256", hashes.SHA256()), ("384", hashes.SHA384()), ("512", hashes.SHA512()))
    for name in (f"RS{size}", f"PS{size}", f"ES{size}")
} | {"ES256K": ("ES", hashes.SHA256())}
_CURVE_OF = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "ES256K": "P-256K"}
_PADDING: Mapping[str, Callable[[], padding.AsymmetricPadding]] = {
    "RSA-OAEP": lambda: padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None),  # noqa: S303 - what RSA-OAEP is
    "RSA-OAEP-256": lambda: padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None),
    "RSA1_5": padding.PKCS1v15,
}
_GCM = {"A128GCM": 16, "A192GCM": 24, "A256GCM": 32}
_NONCE = 12
_TAG = 16


def sealed(key: bytes, octets: bytes) -> str:
    """Octets that only the holder of `key` can read again."""
    nonce = secrets.token_bytes(_NONCE)
    return encoded(nonce + AESGCM(key).encrypt(nonce, octets, None))


def unsealed(key: bytes, text: object) -> bytes:
    """The octets of `sealed`.

    Raises:
        Failure: 400 when they were sealed by another key, or not at all.
    """
    octets = decoded(text, "value")
    try:
        return AESGCM(key).decrypt(octets[:_NONCE], octets[_NONCE:], None)
    except (InvalidTag, ValueError) as fault:
        raise bad("Backup blob is malformed.") from fault


def fresh(kty: str, size: object, curve: object) -> dict[str, Any]:
    """New material for a version of a key: `secret` and what describes it.

    Raises:
        Failure: 400 for a type, size or curve that Key Vault does not make.
    """
    kind = family(kty)
    if kind == "oct":
        wanted = size or 256
        if wanted not in (128, 192, 256):
            raise bad("Property key_size has invalid value.")
        return {"kty": kty, "size": wanted, "secret": encoded(secrets.token_bytes(int(str(wanted)) // 8))}
    if kind == "RSA":
        if size not in (None, *SIZES):
            raise bad("Property key_size has invalid value. Supported values are 2048, 3072 and 4096.")
        bits = int(str(size or SIZES[0]))
        return _described(kty, rsa.generate_private_key(65537, bits))
    if kind != "EC":
        raise bad(f"Property kty has invalid value: '{kty}'.")
    if curve not in (None, *CURVES):
        raise bad("Property crv has invalid value.")
    return _described(kty, ec.generate_private_key(CURVES[str(curve or "P-256")]()))


def taken(jwk: Mapping[str, Any], *, hsm: bool) -> dict[str, Any]:
    """The material of a JSON Web Key with its private half.

    Raises:
        Failure: 400 when it is none.
    """
    kty = str(jwk.get("kty"))
    name = kty if not hsm or kty.endswith("-HSM") else f"{kty}-HSM"
    if family(kty) == "oct":
        octets = decoded(jwk.get("k"), "key.k")
        return {"kty": name, "size": len(octets) * 8, "secret": encoded(octets)}
    try:
        return _described(name, _private(jwk))
    except (ValueError, KeyError) as fault:
        raise bad("Property key has invalid value: the key cannot be read.") from fault


def _private(jwk: Mapping[str, Any]) -> Private:
    numbers = {
        part: int.from_bytes(decoded(jwk.get(part), f"key.{part}"))
        for part in _PARTS[family(str(jwk["kty"]))]
    }
    if "crv" in jwk:
        public = ec.EllipticCurvePublicNumbers(numbers["x"], numbers["y"], CURVES[str(jwk["crv"])]())
        return ec.EllipticCurvePrivateNumbers(numbers["d"], public).private_key()
    pair = rsa.RSAPublicNumbers(numbers["e"], numbers["n"])
    return rsa.RSAPrivateNumbers(
        numbers["p"], numbers["q"], numbers["d"], numbers["dp"], numbers["dq"], numbers["qi"], pair
    ).private_key()


_PARTS = {"RSA": ("n", "e", "d", "p", "q", "dp", "dq", "qi"), "EC": ("x", "y", "d")}


def _described(kty: str, key: Private) -> dict[str, Any]:
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    if isinstance(key, rsa.RSAPrivateKey):
        public = key.public_key().public_numbers()
        shown = {"n": encoded(_octets(public.n)), "e": encoded(_octets(public.e))}
        return {"kty": kty, "size": key.key_size, "secret": pem, "public": shown}
    point = key.public_key().public_numbers()
    curve = next(name for name, known in CURVES.items() if isinstance(key.curve, known))
    length = (key.curve.key_size + 7) // 8
    shown = {"crv": curve, "x": encoded(point.x.to_bytes(length)), "y": encoded(point.y.to_bytes(length))}
    return {"kty": kty, "crv": curve, "secret": pem, "public": shown}


def _octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)


def _loaded(version: Mapping[str, Any]) -> Private:
    key = serialization.load_pem_private_key(
        str(version["secret"]).encode(), None, unsafe_skip_rsa_key_validation=True
    )
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError("a key of another kind than those that are made here")
    return key


def encrypt(version: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """What `encrypt` and `wrapkey` answer besides the id of the key."""
    algorithm, plain = str(body.get("alg")), decoded(body.get("value"), "value")
    if algorithm in _GCM and family(version["kty"]) == "oct":
        nonce, more = secrets.token_bytes(_NONCE), decoded(body.get("aad", ""), "aad")
        sealed = AESGCM(decoded(version["secret"], "k")).encrypt(nonce, plain, more)
        found = {"alg": algorithm, "iv": encoded(nonce), "tag": encoded(sealed[-_TAG:])}
        return found | {"value": encoded(sealed[:-_TAG])} | ({"aad": body["aad"]} if "aad" in body else {})
    key = _rsa(version, algorithm)
    try:
        return {"value": encoded(key.public_key().encrypt(plain, _PADDING[algorithm]()))}
    except ValueError as fault:
        raise bad("The plaintext length is incorrect.") from fault


def decrypt(version: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """What `decrypt` and `unwrapkey` answer besides the id of the key.

    Raises:
        Failure: 400 when the value was not made with this key.
    """
    algorithm, sealed = str(body.get("alg")), decoded(body.get("value"), "value")
    try:
        if algorithm in _GCM and family(version["kty"]) == "oct":
            nonce, tag = decoded(body.get("iv"), "iv"), decoded(body.get("tag"), "tag")
            more = decoded(body.get("aad", ""), "aad")
            plain = AESGCM(decoded(version["secret"], "k")).decrypt(nonce, sealed + tag, more)
            return {"alg": algorithm, "value": encoded(plain)}
        return {"value": encoded(_rsa(version, algorithm).decrypt(sealed, _PADDING[algorithm]()))}
    except (ValueError, InvalidTag) as fault:
        raise bad("The parameter is incorrect.") from fault


def _rsa(version: Mapping[str, Any], algorithm: str) -> rsa.RSAPrivateKey:
    key = _loaded(version) if family(version["kty"]) == "RSA" else None
    if not isinstance(key, rsa.RSAPrivateKey) or algorithm not in _PADDING:
        raise bad(
            f"Key and signing algorithm are incompatible. Key is of type '{version['kty']}', algorithm is '{algorithm}'."
        )
    return key


def sign(version: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """The signature of a digest."""
    kind, algorithm = _signing(version, str(body.get("alg")))
    digest, key = _digest(body.get("value"), "value", algorithm), _loaded(version)
    hashed = utils.Prehashed(algorithm)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = utils.decode_dss_signature(key.sign(digest, ec.ECDSA(hashed)))
        length = (key.curve.key_size + 7) // 8
        return {"value": encoded(r.to_bytes(length) + s.to_bytes(length))}
    return {"value": encoded(key.sign(digest, _seal(kind, algorithm), hashed))}


def verify(version: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Whether a signature is that of a digest."""
    kind, algorithm = _signing(version, str(body.get("alg")))
    digest, given = _digest(body.get("digest"), "digest", algorithm), decoded(body.get("value"), "value")
    key, hashed = _loaded(version), utils.Prehashed(algorithm)
    try:
        if isinstance(key, ec.EllipticCurvePrivateKey):
            half = len(given) // 2
            pair = utils.encode_dss_signature(int.from_bytes(given[:half]), int.from_bytes(given[half:]))
            key.public_key().verify(pair, digest, ec.ECDSA(hashed))
        else:
            key.public_key().verify(given, digest, _seal(kind, algorithm), hashed)
    except InvalidSignature:
        return {"value": False}
    return {"value": True}


def _seal(kind: str, algorithm: hashes.HashAlgorithm) -> padding.AsymmetricPadding:
    if kind == "RS":
        return padding.PKCS1v15()
    return padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)


def _signing(version: Mapping[str, Any], name: str) -> tuple[str, hashes.HashAlgorithm]:
    found = _SIGNING.get(name)
    wanted = "EC" if found and found[0] == "ES" else "RSA"
    fits = found is not None and family(version["kty"]) == wanted
    if found is None or not fits or _CURVE_OF.get(name, version.get("crv")) != version.get("crv"):
        raise bad(
            f"Key and signing algorithm are incompatible. Key is of type '{version['kty']}', algorithm is '{name}'."
        )
    return found


def _digest(value: object, name: str, algorithm: hashes.HashAlgorithm) -> bytes:
    found = decoded(value, name)
    if len(found) != algorithm.digest_size:
        raise bad(
            f"Invalid length of '{name}': {len(found)} bytes. '{algorithm.name}' requires {algorithm.digest_size} bytes."
        )
    return found
