"""Where a rubric comes from: the local reading, a language model, or one after the other. Used by both pipelines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from rubric_jobs.errors import ProviderRejected
from rubric_jobs.llm.ask import Target
from rubric_jobs.llm.provider import Reply
from rubric_jobs.llm.providers.registry import Providers

AUTO = "auto"
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Policy:
    """The provider (RUBRIC_LLM_PROVIDER), its fallbacks (RUBRIC_LLM_FALLBACK), and the time-out of each call.

    `answer_form` (RUBRIC_ANSWER_FORM): AUTO asks for a plan and, if that cannot be used, for a copy; "plan" never
    copies what a plan can point at; "copy" always copies. `seconds_left` is the job's time.
    """

    provider: str = AUTO
    fallback: tuple[str, ...] = ()
    call_timeout_s: float = 90.0
    answer_form: str = AUTO
    seconds_left: float = math.inf


@dataclass(frozen=True, slots=True)
class Route:
    """The providers to ask in turn, and whether the local reading is used before or after them.

    `stored_reply` is the answer to an earlier attempt, if its provider is still known.
    """

    is_local_first: bool
    providers: tuple[str, ...]
    is_local_last: bool
    stored_reply: Reply | None = None


def route(
    providers: Providers,
    policy: Policy,
    *,
    forced: str | None,
    is_local_enough: bool,
    stored_reply: Reply | None = None,
) -> Route:
    """The route of one job. ProviderRejected for a provider that does not exist.

    A forced provider has no fallback, because the caller knows where the document goes. `auto` uses the local reading
    when `is_local_enough`, else the first provider with a key, else the local reading again.
    """
    names = _names(providers, policy, forced=forced, is_local_enough=is_local_enough)
    if names[0] == LOCAL:
        found = Route(is_local_first=True, providers=tuple(names[1:]), is_local_last=len(names) == 1)
    elif LOCAL in names:  # it ends the job, so what follows it is never asked
        found = Route(is_local_first=False, providers=tuple(names[: names.index(LOCAL)]), is_local_last=True)
    else:
        found = Route(is_local_first=False, providers=tuple(names), is_local_last=False)
    if stored_reply is None or stored_reply.provider not in providers:
        return found
    # A stored reply is paid for, so its provider comes first even if the settings have changed since.
    asked = (stored_reply.provider, *(name for name in found.providers if name != stored_reply.provider))
    return Route(is_local_first=False, providers=asked, is_local_last=found.is_local_last, stored_reply=stored_reply)


def targets(route: Route, providers: Providers, models: Mapping[str, str]) -> list[Target]:
    """The route's providers, each with the model that `models` names for it, or else the configured one."""
    return [Target(providers[name], providers.model_for(name, models.get(name))) for name in route.providers]


def _names(providers: Providers, policy: Policy, *, forced: str | None, is_local_enough: bool) -> list[str]:
    if forced not in {None, "", AUTO}:
        return [_known(str(forced), providers)]
    if policy.provider != AUTO:
        first = _known(policy.provider, providers)
    elif is_local_enough:
        return [LOCAL]
    else:
        first = next(iter(providers.ready), LOCAL)
    fallback = (_known(name, providers) for name in policy.fallback if name != first)
    return [first, *dict.fromkeys(fallback)]


def _known(name: str, providers: Providers) -> str:
    if name != LOCAL and name not in providers:
        raise ProviderRejected(f"There is no provider of that name; choose one of {', '.join([*providers, LOCAL])}.")
    return name
