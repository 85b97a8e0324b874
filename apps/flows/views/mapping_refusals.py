"""Why a change of a mapping cannot be published, told to whoever asked for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.queries.mapping import problem_sentences


@contextmanager
def refusals_told(request: HttpRequest) -> Iterator[None]:
    """Publish a change of a mapping; what refuses it is said in one message, and nothing is changed.

    A page that asks for a reason where samples fail catches SamplesFailError inside the block.
    """
    try:
        yield
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except MappingError as error:
        messages.error(request, " ".join(problem_sentences(error.problems)))
    except LayerError as error:
        messages.error(request, str(error))
