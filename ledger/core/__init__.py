"""The pure core: bytes in, values out; no files, network, clock or randomness; standard library only.

The same files run natively and in the browser. Each module is the specification of one format or procedure, and
imports only modules of the lines above its own:

    errors
    encoding · merkle · mask · table
    canonical · digest · ed25519 · tiles · numbering · duties · layout
    note · subject · report · profile · tilestack · ed25519_portable · draw · finding
    checkpoint · tlogproof · shape · code · checklist · policy
    evidence · witness · sheet
    body
    record · disclosure
    entry · trust · batchfile · details
    history · registry · index · reader · custody · workingdays
    rules · filing_rules · shard · sections · workflow
    gates · trustcheck · published
    shardcheck
    verify · shardleaves · shardaudit · keptaudit
    receipt · compact · replay · audit · crew
    printed · auditfiles
    copies · entryproof
    auditing

Bytes
    errors            the one error tree
    encoding          decimal, hex, base64, base64url, time, date, tile number: one spelling of each value
    canonical         canonical JSON, the RFC 8785 subset without floats and null
    digest            SHA-256
    ed25519           the acceptance rule, and the port (a function) behind which adapters stand
    ed25519_portable  the adapter without any library, for the browser
    note              C2SP signed note: text and signature lines, verifier keys, cosignatures
    merkle            RFC 6962 hashes, roots, inclusion and consistency proofs
    tiles, tilestack  C2SP tlog-tiles: paths, bundles, proofs from tiles; the tiles of a growing tree
    checkpoint        C2SP tlog-checkpoint: a signed size and root
    tlogproof         C2SP tlog-proof: a proof that stands alone
    witness, policy   C2SP tlog-cosignature and tlog-witness: who cosigns what; tlog-policy: whose word is asked for

The ledger
    record            what somebody signs
    body, evidence    the members of each type of record; of the workflow's evidence
    shape             what one member may be
    entry, reader     the links of the chain, one by one and many at a time
    subject, shard    what an entry is about, and the ledger filtered to it
    index             the root over all shards, and the head that proves it
    trust, custody    what a verifier pins beforehand, and how that changes
    batchfile         the issues that an organisation signed on a machine of its own

The rules
    table, profile    a jurisdiction's rules, read strictly from TOML
    layout            what a notice wants the printed certificate to look like
    duties            what they ask beyond the number: evidence, terms, staffing, supervision, retention
    workingdays       which days are working days, from a table, where there is no calendar
    numbering, code   certificate numbers
    sheet             numbers found in a workbook or a table, and results as one
    mask, disclosure  what is shown of a holder, and to whom
    rules             what an issue must agree with
    filing_rules      what a filing, an amendment or a range must agree with
    workflow, gates   what may follow what, from plan to approval; what of it an issue must cite
    published         the masked list that a notice commits to
    draw              inspections drawn from a checkpoint

The answers
    registry          who could sign what, at which place of the ledger
    history           a number's events and the state they fold to
    verify            one certificate, step by step (V1 to V12)
    shardcheck        its step V7
    trustcheck        what is pinned, held against what was known before
    receipt           the files one answer rests on, kept to be followed again
    details           what a holder can show, in a file that only the verification code finds and opens
    entryproof        one entry of the ledger by itself
    compact           one record, its proof and what is shown, small enough for a QR code
    printed           what a printed certificate says, and the receipt that travels in it
    checklist, sections, report    the steps settled, what they tell, the report and its verdict
    replay, shardaudit, finding    the whole ledger again: the chain, then each shard; what there is to say
    keptaudit, shardleaves    what an audit keeps, so that the next reads only what is new; shards going on from it
    auditing          the audit, step by step, for a command and a browser alike
    auditfiles, copies    what it asks for; step 4, what is kept beside the newest state
    crew, audit       who checks the shards; what all of it comes to
"""
