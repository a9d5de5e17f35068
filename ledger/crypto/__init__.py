"""Adapters of the Ed25519 and sealing ports.

pynacl_verify   verify one signature with libsodium (the core's `Verify` port)
signer          sign with a 32-byte seed (the core's `Signer` port)
sealed          a secret sealed under a passphrase: Argon2id and AES-256-GCM
keyring         several keys in one sealed secret, so that a command pays Argon2id once
rowseal         personal data at rest: AES-256-SIV, and the keyed tag that finds a person again

No module here reads or writes a file, a clock or randomness: salts, nonces and seeds are arguments.
"""
