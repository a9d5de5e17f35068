"""The index: leaves of shards, their tiles, and the head that proves the newest index entry."""

from dataclasses import replace

import pytest

from ledger.core.digest import sha256
from ledger.core.entry import format_entry, parse_entry
from ledger.core.errors import FormatError, LedgerError, ProofError, SignatureError
from ledger.core.index import Index, ShardHashes, check_head, index_of, index_tiles, open_head, parse_head, shard_leaf
from ledger.core.merkle import leaf_hash, root
from ledger.core.record import sign_record
from ledger.core.subject import choose_bits, shard_number, subject_hash
from ledger.core.tlogproof import format_proof, parse_proof
from ledger.crypto.pynacl_verify import verify
from tests.simulator import LOG, number, tree_files
from tests.vectors.ledger_cases import base, wide


class TestShardLeaf:
    def test_it_is_the_specified_one(self) -> None:
        pairs = [(3, bytes([1] * 32)), (2**40, bytes([2] * 32))]
        data = b"".join(seq.to_bytes(8, "big") + leaf for seq, leaf in pairs)
        assert shard_leaf(pairs) == sha256(b"\0" + data)

    def test_an_empty_shard_has_one_too(self) -> None:
        assert shard_leaf([]) == sha256(b"\0")


class TestShardHashes:
    def rows(self, count: int) -> list[tuple[int, bytes, bytes | None]]:
        """Entries of which every fifth has no subject."""
        return [
            (seq, leaf_hash(b"%d" % seq), subject_hash(number(seq + 1)) if seq % 5 else None) for seq in range(count)
        ]

    def naive(self, rows: list[tuple[int, bytes, bytes | None]], bits: int) -> list[bytes]:
        return [
            shard_leaf((seq, leaf) for seq, leaf, digest in rows if digest and shard_number(digest, bits) == n)
            for n in range(1 << bits)
        ]

    @pytest.mark.parametrize("keep", [(), (0,), (0, 1, 2)])
    def test_it_agrees_with_the_naive_leaves_at_every_size(self, keep: tuple[int, ...]) -> None:
        rows = self.rows(340)
        hashes = ShardHashes(choose_bits(340), keep)
        subjects = 0
        for at, row in enumerate(rows):
            hashes.add(*row)
            subjects += row[2] is not None
            assert hashes.bits == choose_bits(subjects)
            if at % 17 == 0 or subjects in {64, 65, 128, 129, 256, 257}:
                assert hashes.leaves() == self.naive(rows[: at + 1], hashes.bits)
                for bits in (one for one in keep if one <= hashes.bits):
                    assert hashes.leaves(bits) == self.naive(rows[: at + 1], bits)
        assert hashes.bits == 3

    def test_it_may_be_prepared_for_more_than_comes(self) -> None:
        rows = self.rows(100)
        hashes = ShardHashes(6)
        for row in rows:
            hashes.add(*row)
        assert hashes.leaves() == self.naive(rows, hashes.bits)


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 512, 1024])
def test_tiles_are_those_of_the_naive_tree(count: int) -> None:
    leaves = [leaf_hash(b"%d" % n) for n in range(count)]
    assert index_tiles(leaves) == tree_files(leaves)


class TestIndexEntry:
    def entry(self, **changes: object) -> Index:
        index = replace(Index(3, bytes(32), 17, 9), **changes)  # type: ignore[arg-type]  # checked when it runs
        record = sign_record("index", index.body(), LOG)
        return index_of(parse_entry(format_entry(17, bytes(32), "2026-11-20T08:00:00Z", record)))

    def test_it_reads_back(self) -> None:
        assert self.entry() == Index(3, bytes(32), 17, 9)
        assert self.entry(previous=None) == Index(3, bytes(32), 17, None)

    @pytest.mark.parametrize("changes", [{"size": 16}, {"size": 18}, {"previous": 17}, {"previous": 18}])
    def test_it_is_for_its_own_place(self, changes: dict[str, int]) -> None:
        with pytest.raises(FormatError):
            self.entry(**changes)

    def test_another_record_is_no_index(self) -> None:
        with pytest.raises(FormatError, match="not an index record"):
            index_of(parse_entry(base().raws[-2]))


class TestHead:
    def test_a_good_one_opens(self) -> None:
        ledger = wide()
        head, checkpoint = open_head(ledger.sealed[-1].head, LOG.key, verify)
        assert checkpoint.size == len(ledger.raws) == head.entry.seq + 1
        assert checkpoint.root == root([leaf_hash(raw) for raw in ledger.raws])
        assert head.entry.raw == ledger.raws[-1]
        assert head.index == Index(1, root(ledger.shard_leaves(1, head.entry.seq)), head.entry.seq, 4)

    def test_without_its_entry_it_is_none(self) -> None:
        proof = parse_proof(base().sealed[-1].head)
        with pytest.raises(FormatError, match="the entry is missing"):
            parse_head(format_proof(replace(proof, extra=None)))

    def test_another_key_opens_nothing(self) -> None:
        from tests.simulator import signer

        with pytest.raises(SignatureError):
            open_head(base().sealed[-1].head, signer(LOG.key.name, "thief").key, verify)

    def test_it_proves_the_last_entry_of_its_own_checkpoint_only(self) -> None:
        ledger = base()
        old, new = (open_head(one.head, LOG.key, verify) for one in ledger.sealed[-2:])
        for head, checkpoint in ((old[0], new[1]), (new[0], old[1])):
            with pytest.raises(ProofError, match="not the last entry"):
                check_head(head, checkpoint)
        with pytest.raises(ProofError):
            check_head(replace(new[0], proof=replace(new[0].proof, path=())), new[1])

    def test_every_changed_byte_is_refused(self) -> None:
        data = base().sealed[-1].head
        for at in range(len(data)):
            spoilt = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            with pytest.raises(LedgerError):
                open_head(spoilt, LOG.key, verify)
