"""Whom to ask, in which order, for which model: one rule for extraction and enhancement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rubric_jobs.errors import ProviderRejected
from rubric_jobs.llm.ask import Candidate
from rubric_jobs.llm.provider import Reply
from rubric_jobs.llm.providers.registry import Providers

AUTO = "auto"
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom to ask (RUBRIC_LLM_PROVIDER), whom after that (RUBRIC_LLM_FALLBACK), and for how long each call may last."""

    provider: str = AUTO
    fallback: tuple[str, ...] = ()
    call_timeout_s: float = 90.0


def names(providers: Providers, policy: Policy, *, forced: str | None, local_suffices: bool) -> list[str]:
    """The providers to ask in turn: at least one.

    What a caller forces is asked alone: the caller was told where the document goes. `local_suffices` is what `auto`
    goes by: then no model is asked; else the first one that has a key, and without any, the local reader.
    """
    if forced not in {None, "", AUTO}:
        return [_known(str(forced), providers)]
    if policy.provider != AUTO:
        first = _known(policy.provider, providers)
    elif local_suffices:
        return [LOCAL]
    else:
        first = next(iter(providers.ready_models), LOCAL)
    fallback = (_known(name, providers) for name in policy.fallback if name != first)
    return [first, *dict.fromkeys(fallback)]


def candidates(
    names: list[str], providers: Providers, models: Mapping[str, str], stored_reply: Reply | None = None
) -> list[Candidate]:
    """The providers of these names, each with the model wished for it (`models` by provider) or else configured.

    Whoever gave the reply that is stored comes first, also where the settings have changed since: it is paid for. Asked
    again, it is for the model of the settings: the reply names the one that answered, which a gateway may not know.
    """
    if stored_reply is not None and stored_reply.provider in providers:
        names = [stored_reply.provider, *(name for name in names if name != stored_reply.provider)]
    return [Candidate(providers[name], providers.model_for(name, models.get(name))) for name in names]


def _known(name: str, providers: Providers) -> str:
    if name not in providers:
        raise ProviderRejected(f"There is no provider of that name; choose one of {', '.join(providers)}.")
    return name
