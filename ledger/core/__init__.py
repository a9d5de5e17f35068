"""The pure core: bytes in, values out; no files, network, clock or randomness; standard library only.

The same files run natively and in the browser. Each module is the specification of one format or procedure; a
module may import only modules drawn to its left:

    errors <- encoding <- canonical, digest <- ed25519 <- ed25519_portable
                                               ed25519 <- note <- checkpoint <- tlogproof
                          digest <- merkle <- tiles
    ... <- record <- entry <- subject <- index       what is signed, chained, found again
    profile <- code, mask; disclosure                the rules of a jurisdiction, what a holder shows
    registry, history <- verify -> report            who may sign, what happened, the verdict
    replay                                           the audit: the whole ledger again

errors            the one error tree
encoding          decimal, hex, base64, base64url, time, date, tile number: one spelling of each value
canonical         canonical JSON, the RFC 8785 subset without floats and null
digest            SHA-256
ed25519           the acceptance rule and the port (a function) behind which adapters stand
ed25519_portable  the adapter without any library, for the browser
note              C2SP signed note: text and signature lines, verifier keys, cosignatures
merkle            RFC 6962 hashes, roots, inclusion and consistency proofs
tiles             C2SP tlog-tiles: paths, bundles, proofs computed from tiles
checkpoint        C2SP tlog-checkpoint: a signed size and root
tlogproof         C2SP tlog-proof: a proof that stands alone
"""
