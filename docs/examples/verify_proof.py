"""Checks the proof of one posting with SHA-256 alone: python verify_proof.py PROOF.json [HEAD]."""

import hashlib
import json
import sys


def digest(tag, *fields):
    """SHA-256 over the canonical bytes of (letter, text) fields."""
    texts = ["n," if t is None else f"{k}{len(t.encode())}:{t}," for k, t in fields]
    return hashlib.sha256(f"cp1:{tag}|{''.join(texts)}".encode()).hexdigest()


def climb(leaf, path):
    """The Merkle root that a leaf and its path lead to."""
    node = hashlib.sha256(b"\0" + bytes.fromhex(leaf)).digest()
    for side, other in path:
        pair = (bytes.fromhex(other), node) if side == "left" else (node, bytes.fromhex(other))
        node = hashlib.sha256(b"\1" + b"".join(pair)).digest()
    return node.hex()


def verify(proof, known_head=None):
    """Raise AssertionError with what is wrong; return the head that the posting lies under."""
    row, letters, batch = proof["posting"], dict(proof["columns"]["all"]), proof["batch"]
    for tag, result in (("content", "content_hash"), ("identity", "posting_id"), ("leaf", "leaf_hash")):
        name = {"content": "posting", "identity": "posting_id"}.get(tag, tag)
        found = digest(name, *((letters[column], row[column]) for column in proof["columns"][tag]))
        assert found == row[result], f"the posting does not have its {result}"
    day, root = row["transaction_date"], row["previous_root"]
    for seal in ({**batch, "merkle_root": climb(row["leaf_hash"], batch["path"])}, *proof["later"]):
        root = digest("seal", ("t", day), ("i", str(seal["number"])), ("s", root),
                      ("s", seal["merkle_root"]), ("i", str(seal["lines"])))
        assert root == seal["root"], f"the seal of batch {seal['number']} is another one"
    last, part, head = (proof["later"] or [batch])[-1], proof["partition"], proof["head"]
    leaf = digest("partition", ("t", day), ("i", str(last["number"])), ("s", root), ("i", str(part["postings"])))
    assert climb(leaf, part["path"]) == head["partitions_root"], "the partition is not under the head"
    fields = [(k, str(head[n])) for k, n in zip("isiisssss", proof["columns"]["head"], strict=True)]
    assert digest("head", *fields) == head["head"], "the head is not the hash of what it says"
    assert known_head in (None, head["head"]), "this is not the head that was noted"
    return head["head"]


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        print("proven, under head", verify(json.load(file), *sys.argv[2:3]))
