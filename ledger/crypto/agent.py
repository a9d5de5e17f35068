"""Sign with a key that an ssh-agent holds: this process never sees it.

An Ed25519 key of SSH signs the bytes as they are (RFC 8709), so its signature is one of a note. Needs the extra `agent`
(paramiko); the agent is the one that SSH_AUTH_SOCK names, on Windows the one of OpenSSH or Pageant.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from paramiko import Agent, AgentKey, Message, SSHException

from ledger.core.errors import LedgerError
from ledger.core.note import VerifierKey

__all__ = ["AgentError", "agent_signer"]


class AgentError(LedgerError):
    """The agent does not hold the key, or does not sign."""


class _AgentSigner:
    def __init__(self, key: VerifierKey, held: AgentKey) -> None:
        self.key, self._held = key, held

    def sign(self, message: bytes) -> bytes:
        """Return the signature that the agent makes; it may ask its user."""
        try:
            answer = Message(cast("bytes", self._held.sign_ssh_data(message)))  # bytes, whatever its stub says
        except SSHException as error:
            raise AgentError(f"the agent does not sign for {self.key.name}: {error}") from error
        answer.get_text()  # the algorithm
        return bytes(answer.get_binary())


@contextmanager
def agent_signer(key: VerifierKey) -> Iterator[_AgentSigner]:
    """Give the signer of `key`, held by the agent. Raises AgentError if no agent has it."""
    agent = Agent()
    try:
        for held in agent.get_keys():
            blob = Message(held.asbytes())
            if blob.get_text() == "ssh-ed25519" and blob.get_binary() == key.public:
                yield _AgentSigner(key, held)
                return
    finally:
        agent.close()
    raise AgentError(f"no agent holds the key of {key.name}: add it with ssh-add, and see that SSH_AUTH_SOCK is set")
