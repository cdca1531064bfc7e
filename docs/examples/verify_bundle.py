"""Checks an exported period with Python's standard library alone: every line, seal, sum, signature.

    python verify_bundle.py FOLDER [--key PUBLIC_KEY] [--head HEAD]

--key is the Ed25519 public key of the books' owner, in hex, known from elsewhere; --head is a head
that was noted earlier. Written from docs/ledger-format.md; it shares no code with the program. The
Parquet files are checked by their SHA-256: what they say is said, and verified, in the lines beside
them.
"""

import hashlib
import json
import sys
from decimal import Decimal
from pathlib import Path


class TamperedError(Exception):
    """What is wrong, and in which file and line."""


def sha(data):
    return hashlib.sha256(data)


def digest(tag, *fields):
    """SHA-256 over the canonical bytes of (letter, text) fields."""
    texts = ["n," if t is None else f"{k}{len(t.encode())}:{t}," for k, t in fields]
    return sha(f"cp1:{tag}|{''.join(texts)}".encode()).hexdigest()


def merkle(leaves):
    level = [sha(b"\0" + bytes.fromhex(leaf)).digest() for leaf in leaves]
    while len(level) > 1:
        pairs = [sha(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0].hex()


def check(condition, message):
    if not condition:
        raise TamperedError(message)


def file_hash(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_partition(folder, partition, columns, period, sums):
    """Every line of one transaction date: its hashes, its place, its batch and the chain."""
    name, day = partition["lines"], partition["transaction_date"]
    names, letters = [n for n, _ in columns["all"]], dict(columns["all"])
    batch, leaves, root, seen, reversed_ = 0, [], "0" * 64, {}, set()

    def close(where):
        nonlocal root
        if batch:
            fields = [
                ("t", day),
                ("i", str(batch)),
                ("s", root),
                ("s", merkle(leaves)),
                ("i", str(len(leaves))),
            ]
            root = digest("seal", *fields)
            check(root == sealed, f"{where}: the seal of batch {batch} is not that of its lines")

    with (folder / name).open(encoding="utf-8", newline="\n") as file:
        for number, text in enumerate(file, 1):
            where = f"{name}, line {number}"
            try:
                row = dict(zip(names, json.loads(text), strict=True))
            except (ValueError, TypeError):
                raise TamperedError(f"{where}: it is not a posting") from None
            for tag, group, result in (
                ("posting", "content", "content_hash"),
                ("posting_id", "identity", "posting_id"),
                ("leaf", "leaf", "leaf_hash"),
            ):
                found = digest(tag, *((letters[n], row[n]) for n in columns[group]))
                check(found == row[result], f"{where}: its {result} is not that of what it says")
            check(
                row["transaction_date"] == day, f"{where}: it belongs to another transaction date"
            )
            if row["leaf"] == "0":
                close(where)
                batch, leaves, sealed = batch + 1, [], row["batch_root"]
            check(
                (row["batch"], row["leaf"]) == (str(batch), str(len(leaves))),
                f"{where}: lines are missing, doubled or out of order before it",
            )
            check(
                (row["previous_root"], row["batch_root"]) == (root, sealed),
                f"{where}: it is not of this chain",
            )
            leaves.append(row["leaf_hash"])
            if row["kind"] == "reverse":
                check(
                    seen.get(row["reverses"]) == row["content_hash"]
                    and row["reverses"] not in reversed_,
                    f"{where}: it reverses nothing that stands",
                )
                reversed_.add(row["reverses"])
            else:
                check(
                    row["kind"] == "post" and row["reverses"] is None,
                    f"{where}: it is neither post nor reverse",
                )
                seen[row["posting_id"]] = row["content_hash"]
            if row["posting_period"] == period:
                sign = -1 if row["kind"] == "reverse" else 1
                entry = sums.setdefault(
                    (row["gl_code"], row["original_currency"], row["base_currency"]), [0, 0, 0]
                )
                entry[0] += sign * Decimal(row["original_amount"])
                entry[1] += sign * Decimal(row["base_amount"])
                entry[2] += 1
        close(f"{name}, at its end")
    check(
        (batch, root) == (partition["batches"], partition["root"]),
        f"{name}: its last batch is missing or another one",
    )


def check_head(manifest, known_head):
    """The bundle's partitions are those of the head, and the head is its hash."""
    head = manifest["head"]
    leaves = [
        digest("partition", ("t", day), ("i", str(batch)), ("s", root), ("i", str(lines)))
        for day, batch, root, lines in manifest["of_partitions"]
    ]
    check(
        merkle(leaves) == head["partitions_root"] and len(leaves) == head["partitions"],
        "manifest.json: its partitions are not those of its head",
    )
    fields = [
        (k, str(head[n])) for k, n in zip("isiisssss", manifest["columns"]["head"], strict=True)
    ]
    check(
        digest("head", *fields) == head["head"],
        "manifest.json: the head is not the hash of what it says",
    )
    check(known_head in (None, head["head"]), "manifest.json: this is not the head that was noted")
    there = {
        p["transaction_date"]: [p["batches"], p["root"], p["postings"]]
        for p in manifest["partitions"]
    }
    known = {day: rest for day, *rest in manifest["of_partitions"]}
    for day, rest in there.items():
        check(known.get(day) == rest, f"manifest.json: the head knows {day} otherwise")


def check_signature(folder, manifest_hash, head, key):
    """The signatures of manifest and head, both by `key` if it is given."""
    place = folder / "signature.json"
    check(place.exists() or key is None, "signature.json: the bundle is not signed")
    if not place.exists():
        return "not signed"
    signed = json.loads(place.read_text("utf-8"))
    check(signed["of"] == manifest_hash, "signature.json: it signs another manifest")
    check(key in (None, signed["public_key"]), "signature.json: it is signed by another key")
    for hash_, public, signature in (
        (manifest_hash, signed["public_key"], signed["signature"]),
        (head["head"], head["public_key"], head["signature"]),
    ):
        if public is not None:
            message = f"cp1:signed|s64:{hash_},".encode()
            check(
                ed25519(bytes.fromhex(public), message, bytes.fromhex(signature)),
                "signature.json: the signature does not hold",
            )
    return f"signed by {signed['public_key']}"


P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def ed25519(public, message, signature):
    """RFC 8032, 5.1.7: whether the signature of the message is the key's."""
    point, r = _point(public), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if point is None or r is None or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    y = 4 * pow(5, P - 2, P) % P
    left, right = _times(s, _extended(_x(y, 0), y)), _plus(r, _times(h, point))
    return (
        (left[0] * right[2] - right[0] * left[2]) % P
        == (left[1] * right[2] - right[1] * left[2]) % P
        == 0
    )


def _point(data):
    number = int.from_bytes(data, "little")
    y, odd = number & (1 << 255) - 1, number >> 255
    x = _x(y, odd) if y < P and len(data) == 32 else None
    return None if x is None else _extended(x, y)


def _x(y, odd):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and odd):
        return None
    return x if x & 1 == odd else P - x


def _extended(x, y):
    return x, y, 1, x * y % P


def _plus(one, two):
    a, b = (one[1] - one[0]) * (two[1] - two[0]), (one[1] + one[0]) * (two[1] + two[0])
    c, d = 2 * one[3] * two[3] * D, 2 * one[2] * two[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number, point):
    total = (0, 1, 1, 0)
    while number:
        total = _plus(total, point) if number & 1 else total
        point, number = _plus(point, point), number >> 1
    return total


def verify(folder, key=None, head=None):
    """Raise TamperedError with file and line; return what was verified, in words."""
    manifest_hash = file_hash(folder / "manifest.json")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    check(manifest["format"] == "cost-pipeline-bundle-1", "manifest.json: another format")
    signed = check_signature(folder, manifest_hash, manifest["head"], key)
    check_head(manifest, head)
    sums, names = {}, {"manifest.json", "signature.json"}
    for partition in manifest["partitions"]:
        for name in partition["files"]:
            check((folder / name).is_file(), f"{name}: the file is missing")
        check_partition(folder, partition, manifest["columns"], manifest["period"], sums)
        for name, expected in partition["files"].items():
            check(
                file_hash(folder / name) == expected,
                f"{name}: it is not the file that was exported",
            )
        names |= partition["files"].keys()
    month = {d for d, *_ in manifest["of_partitions"] if d.startswith(manifest["period"])}
    absent = sorted(month - {p["transaction_date"] for p in manifest["partitions"]})
    check(not absent, f"manifest.json: the transaction date {', '.join(absent)} is missing")
    told = {
        (t["gl_code"], t["original_currency"], t["base_currency"]): [
            Decimal(t["original"]),
            Decimal(t["base"]),
            t["lines"],
        ]
        for t in manifest["totals"]
    }
    check(told == sums, "manifest.json: the totals are not those of the lines")
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        check(path.is_dir() or name in names, f"{name}: the file is not part of the bundle")
    postings = sum(p["postings"] for p in manifest["partitions"])
    dates, under = len(manifest["partitions"]), manifest["head"]["head"]
    return f"{postings:,} postings of {dates} transaction dates, {signed}, under head {under}"


if __name__ == "__main__":
    given = sys.argv[1:]
    options = {
        name: given[given.index(f"--{name}") + 1]
        for name in ("key", "head")
        if f"--{name}" in given
    }
    try:
        print("verified:", verify(Path(given[0]), **options))
    except (TamperedError, OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"NOT verified: {error or type(error).__name__}")
