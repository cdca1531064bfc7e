"""Checks the proof of one posting with SHA-256 alone: python verify_proof.py PROOF.json [HEAD]."""

import hashlib
import json
import sys
from pathlib import Path


def digest(tag, letters, values):
    """SHA-256 over the canonical bytes of the values; a letter for each says its type."""
    pairs = zip(letters, [None if v is None else str(v) for v in values], strict=True)
    fields = ["n," if v is None else f"{k}{len(v.encode())}:{v}," for k, v in pairs]
    return hashlib.sha256(f"cp1:{tag}|{''.join(fields)}".encode()).hexdigest()


def climb(leaf, path):
    """The Merkle root that a leaf and its path lead to."""
    node = hashlib.sha256(b"\0" + bytes.fromhex(leaf)).digest()
    for side, other in path:
        pair = [node, bytes.fromhex(other)][:: (1, -1)[("right", "left").index(side)]]
        node = hashlib.sha256(b"\1" + b"".join(pair)).digest()
    return node.hex()


def verify(proof, known_head=None):
    """Exit with what is wrong, or return the head that the posting lies under."""
    row, columns, head = proof["posting"], proof["columns"], proof["head"]
    letters, day, root = dict(columns["all"]), row["transaction_date"], row["previous_root"]
    found = []
    for tag, group in (("posting", "content"), ("posting_id", "identity"), ("leaf", "leaf")):
        names = columns[group]
        found.append(digest(tag, [letters[n] for n in names], [row[n] for n in names]))
    good = found == [row["content_hash"], row["posting_id"], row["leaf_hash"]]
    first = proof["batch"] | {"merkle_root": climb(row["leaf_hash"], proof["batch"]["path"])}
    for seal in (first, *proof["later"]):
        values = (day, seal["number"], root, seal["merkle_root"], seal["lines"])
        root = digest("seal", "tissi", values)
        good = good and root == seal["root"]
    leaf = digest("partition", "tisi", (day, seal["number"], root, proof["partition"]["postings"]))
    good = good and climb(leaf, proof["partition"]["path"]) == head["partitions_root"]
    good = good and digest("head", "isiisssss", [head[n] for n in columns["head"]]) == head["head"]
    return head["head"] if good and known_head in (None, head["head"]) else sys.exit("NOT proven")


if __name__ == "__main__":
    print("proven, under head", verify(json.loads(Path(sys.argv[1]).read_bytes()), *sys.argv[2:3]))
