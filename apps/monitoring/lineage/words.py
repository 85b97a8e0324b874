"""A matter in words: its stages as the strip draws them, for the partner's people and for the customer's."""

from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.monitoring.lineage.chain import ABSENT, DONE, MOVING, STOPPED, Found, Stage
from apps.monitoring.lineage.matter import Matter
from apps.monitoring.lineage.pages import StageView
from apps.tenants.templatetags.wording import count_words

_SHOWN = {
    STOPPED: ("danger", "circle-x"),
    MOVING: ("warning", "hourglass"),
    DONE: ("success", "circle-check"),
    ABSENT: ("neutral", "circle-dashed"),
}


def stage_views(matter: Matter, operation_id: UUID, *, is_customer: bool) -> tuple[StageView, ...]:
    """Return the stages of the matter that a record belongs to; () where nothing but the record is known."""
    if matter.is_alone:
        return ()
    return tuple(_view(stage, operation_id, is_customer=is_customer) for stage in matter.stages)


def _view(stage: Stage, operation_id: UUID, *, is_customer: bool) -> StageView:
    tone, icon = _SHOWN[ABSENT if stage.is_only_named else stage.standing]
    return StageView(
        kind=stage.kind,
        label=label_of(stage),
        words=_words(stage),
        standing=stage.standing,
        standing_words=_standing(stage),
        tone=tone,
        icon=icon,
        url=_url(stage, operation_id, is_customer=is_customer),
        is_here=stage.is_here,
    )


def label_of(stage: Stage) -> str:
    """Return what the records of a stage are called, one or many."""
    described = CANONICAL_TYPES.get(stage.kind)
    if described is None:
        return stage.kind
    return _(described.label) if stage.count == 1 else _(described.plural)


def _words(stage: Stage) -> str:
    if stage.has_more:
        return _("more than %(count)s") % {"count": count_words(stage.count - 1)}
    if stage.count == 1:
        return stage.records[0].name or stage.records[0].label
    return count_words(stage.count) if stage.count else _("none yet")


def _standing(stage: Stage) -> str:
    if stage.stopped:
        words = ngettext("%(count)s held up", "%(count)s held up", stage.stopped)
        return words % {"count": count_words(stage.stopped)}
    if stage.moving:
        words = ngettext("%(count)s on its way", "%(count)s on their way", stage.moving)
        return words % {"count": count_words(stage.moving)}
    if not stage.count:
        return ""
    if stage.is_only_named:
        return _("named by others")
    return _("got through")


def _url(stage: Stage, operation_id: UUID, *, is_customer: bool) -> str:
    if stage.count > 1:
        return reverse("monitoring:record-related", args=[operation_id, stage.kind])
    return record_url(stage.records[0], is_customer=is_customer) if stage.count == 1 else ""


def record_url(found: Found, *, is_customer: bool) -> str:
    """Return the page of a record, "" for one that no flow has carried."""
    page = "monitoring:customer-record" if is_customer else "monitoring:record-lineage"
    return reverse(page, args=[found.operation_id]) if found.operation_id else ""
