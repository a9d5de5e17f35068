"""The use cases. Store, signer, place and the present moment are arguments; nothing here prints or exits.

home      the folder of one ledger: configuration, keyring, register, public folder, outputs
opening   open a ledger; file an organisation
roster    append a roster: check every row, allocate numbers, sign, commit
events    revoke, suspend, restore, correct, reissue one certificate; renew
writing   the one way into the ledger: commit entries, then publish
checking  check one number in a place
auditing  replay a whole ledger from a place
"""
