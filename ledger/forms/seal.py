"""E-seal: an organisation's electronic seal on a PDF (PAdES, baseline B), with its own certificate, from PKCS#12.

    seal = Seal(data, passphrase)
    sealed = seal(pdf)                    the bytes of `pdf`, and an update behind them

The seal has no picture and moves nothing: the page, its text and the attachment stay as they were printed. It says
which certificate sealed the file; it is no part of what the ledger proves. pyHanko is needed (the extra `seal`).
"""

import io

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf

from ledger.core.errors import LedgerError

__all__ = ["Seal", "SealingError"]

FIELD = "ESeal"


class SealingError(LedgerError):
    """The file is no PKCS#12 file with a key and a certificate, or the passphrase is not its own."""


class Seal:
    """One key with its certificates, kept for many files."""

    def __init__(self, data: bytes, passphrase: str) -> None:
        """Open a PKCS#12 file. Raises SealingError."""
        try:
            signer = SimpleSigner.load_pkcs12_data(data, other_certs=[], passphrase=passphrase.encode())
        except (ValueError, TypeError) as error:
            raise SealingError(
                "the PKCS#12 file cannot be opened: another passphrase, or another kind of file"
            ) from error
        if signer is None:
            raise SealingError("the PKCS#12 file cannot be opened: another passphrase, or another kind of file")
        self._signer = signer

    def __call__(self, pdf: bytes) -> bytes:
        """Return the PDF with the seal. Its time is the clock's."""
        meta = PdfSignatureMetadata(field_name=FIELD, subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256")
        sealed: io.BytesIO = sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), meta, signer=self._signer)
        return sealed.getvalue()
