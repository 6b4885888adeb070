"""The formats a second time, straight from RFC 6962, RFC 9162 and the C2SP pages, slowly and by recursion.

Shares no code with `audit`, so that an error would have to be made twice. Knows good from bad by rebuilding.
"""

import base64 as b64
import hashlib
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ed25519


def sha(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


class Tree:
    """MTH, PATH and PROOF of RFC 6962 section 2.1, over slices [a:b] of the leaf hashes D."""

    def __init__(self, entries):
        self.d = [sha(b"\0", entry) for entry in entries]
        self.mth = lru_cache(maxsize=None)(self._mth)

    def _mth(self, a, b):
        if a == b:
            return sha(b"")
        if b - a == 1:
            return self.d[a]
        k = below(b - a)
        return sha(b"\1", self.mth(a, a + k), self.mth(a + k, b))

    def path(self, m, a, b):
        if b - a == 1:
            return []
        k = below(b - a)
        if m < k:
            return [*self.path(m, a, a + k), self.mth(a + k, b)]
        return [*self.path(m - k, a + k, b), self.mth(a, a + k)]

    def proof(self, m, n):
        return self.subproof(m, 0, n, True) if 0 < m < n else []

    def subproof(self, m, a, b, known):
        if m == b - a:
            return [] if known else [self.mth(a, b)]
        k = below(b - a)
        if m <= k:
            return [*self.subproof(m, a, a + k, known), self.mth(a + k, b)]
        return [*self.subproof(m - k, a + k, b, False), self.mth(a, a + k)]


def below(n):
    """The largest power of two smaller than n, by doubling."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def root_from_path(leaf_hash, m, n, path):
    """The root that an inclusion path leads to; None if it has the wrong length."""
    path = list(path)
    if n == 1:
        return leaf_hash if not path and m == 0 else None
    if not path:
        return None
    k, top = below(n), path.pop()
    if m < k:
        inner = root_from_path(leaf_hash, m, k, path)
        return inner and sha(b"\1", inner, top)
    inner = root_from_path(leaf_hash, m - k, n - k, path)
    return inner and sha(b"\1", top, inner)


def roots_from_proof(m, n, old_root, proof, *, known=True):
    """(old, new) roots that a consistency proof leads to; None if it has the wrong length."""
    proof = list(proof)
    if m == n:
        if known:
            return (old_root, old_root) if not proof else None
        return (proof[0], proof[0]) if len(proof) == 1 else None
    if not proof:
        return None
    k, top = below(n), proof.pop()
    if m <= k:
        inner = roots_from_proof(m, k, old_root, proof, known=known)
        return inner and (inner[0], sha(b"\1", inner[1], top))
    inner = roots_from_proof(m - k, n - k, old_root, proof, known=False)
    return inner and (sha(b"\1", top, inner[0]), sha(b"\1", top, inner[1]))


def place(n):
    """1234067 -> x001/x234/067."""
    digits = str(n)
    while len(digits) % 3:
        digits = "0" + digits
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    return "/".join(["x" + g for g in groups[:-1]] + groups[-1:])


def files(entries):
    """Every file below tile/ of the log of these entries, as {path: bytes}."""
    tree, found, size = Tree(entries), {}, len(entries)

    def add(kind, n, pieces):
        suffix = "" if len(pieces) == 256 else f".p/{len(pieces)}"
        found[f"tile/{kind}/{place(n)}{suffix}"] = b"".join(pieces)

    for start in range(0, size, 256):
        add("entries", start // 256, [len(e).to_bytes(2, "big") + e for e in entries[start : start + 256]])
    level, span = 0, 1
    while size // span:
        hashes = [tree.mth(i * span, (i + 1) * span) for i in range(size // span)]
        for start in range(0, len(hashes), 256):
            add(level, start // 256, hashes[start : start + 256])
        level, span = level + 1, span * 256
    return found


def vkey(name, seed, kind=1):
    public = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    key_id = sha(name.encode(), b"\n", bytes([kind]), public)[:4]
    return f"{name}+{key_id.hex()}+{b64.b64encode(bytes([kind]) + public).decode()}"


def checkpoint(name, seed, size, root):
    text = f"{name}\n{size}\n{b64.b64encode(root).decode()}\n"
    key_id = bytes.fromhex(vkey(name, seed).split("+")[1])
    signed = ed25519.Ed25519PrivateKey.from_private_bytes(seed).sign(text.encode())
    return f"{text}\n\u2014 {name} {b64.b64encode(key_id + signed).decode()}\n".encode()


def note_ok(data, key_text):
    """Whether the note is signed by the key: text up to the last empty line, one good signature at least."""
    name, hexed, material = key_text.split("+", 2)
    text, _, rest = data.decode().rpartition("\n\n")
    good = 0
    for line in rest.splitlines():
        dash, who, blob = line.split(" ")
        raw = b64.b64decode(blob)
        if dash == "\u2014" and who == name and raw[:4].hex() == hexed:
            public = ed25519.Ed25519PublicKey.from_public_bytes(b64.b64decode(material)[1:])
            public.verify(raw[4:], (text + "\n").encode())
            good += 1
    return good > 0
