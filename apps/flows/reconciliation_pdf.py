"""A reconciliation's statement as a PDF in the partner's brand: both sides, the causes, its records, who signed."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from apps.flows.engine.reconcile import Cause
from apps.flows.models import ReconciliationRow
from apps.flows.queries.reconciled_steps import titles_of
from apps.flows.queries.reconciliation_words import CAUSES
from apps.flows.queries.reconciliations import StatementPage, Sums
from apps.tenants.brand_paper import SOFT, BrandPaper
from apps.tenants.branding import BrandLook
from apps.tenants.templatetags.wording import count_words, money_words

MOST_RECORDS = 400  # printed; the CSV holds all that are kept


def build_pdf(page: StatementPage, records: Sequence[ReconciliationRow], look: BrandLook) -> bytes:
    """Return the statement as a PDF file; `records` beyond MOST_RECORDS are counted, not printed."""
    sheet = _Sheet(page, look)
    sheet.head()
    sheet.sides()
    sheet.steps()
    sheet.causes()
    if records:
        sheet.records(records)
    sheet.seal()
    return bytes(sheet.output())


class _Sheet(BrandPaper):
    """The pages of one statement."""

    def __init__(self, page: StatementPage, look: BrandLook) -> None:
        super().__init__(_("Reconciliation of %(days)s") % {"days": page.days}, look)
        self._page = page

    def head(self) -> None:
        """Say whose statement this is, about what, and what it comes to."""
        row = self._page.row
        self.write_title()
        self.write_line(f"{row.customer.name} · {row.flow.name}", 11)
        between = {"source": row.flow.source.name, "target": row.flow.target.name}
        self.write_line(_("%(source)s to %(target)s") % between, 10, SOFT)
        self.ln(2)
        self.write_line(self._page.verdict, 13, self.brand_ink)

    def sides(self) -> None:
        """Print both sides and what is between them."""
        page, row = self._page, self._page.row
        counts = [_("Records"), *map(count_words, (page.source_count, page.target_count, page.difference))]
        money = [
            [one.currency, *(money_words(amount, one.currency) for amount in (one.source, one.target, one.difference))]
            for one in page.sums
        ]
        self.write_table(
            ["", row.flow.source.name, page.target_name, _("Difference")], [counts, *money], (30, 48, 48, 48)
        )

    def steps(self) -> None:
        """Print what each step made, and what of it is there; nothing for a flow with one target."""
        if not self._page.steps:
            return
        rows = [
            [
                f"{step.title} ({step.system})" if step.system else step.title,
                *map(count_words, (step.made, step.there, step.gone, step.other_amounts, step.unseen)),
            ]
            for step in self._page.steps
        ]
        head = [_("Step"), _("Made"), _("There"), _("Gone"), _("Other amount"), _("Not looked at")]
        self.write_table(head, rows, (64, 20, 20, 20, 26, 24))
        for step in self._page.steps:
            for one in step.sums:
                words = {"step": step.title, "made": money_words(one.source, one.currency)}
                words["there"] = money_words(one.target, one.currency)
                self.write_line(_("%(step)s: %(made)s made, %(there)s there") % words, 8, SOFT)
            if step.why:
                self.write_line(f"{step.title}: {step.why}", 8, SOFT)

    def causes(self) -> None:
        """Print what the difference consists of, the unexplained first."""
        rows = [
            [
                f"{part.title} ({_('unexplained')})" if part.is_unexplained else part.title,
                count_words(part.records),
                count_words(part.count),
                _sums(part.sums),
            ]
            for part in self._page.parts
        ]
        rows.append([_("Agreed"), count_words(self._page.agreed), "0", ""])
        if self._page.unproven:
            rows.append([_("Could not be looked at"), count_words(self._page.unproven), "0", ""])
        head = [_("Reason"), _("Records"), _("Difference in number"), _("Difference in money")]
        self.write_table(head, rows, (66, 24, 36, 48))
        for sentence in self._page.methods:
            if sentence:
                self.write_line(sentence, 8, SOFT)

    def records(self, records: Sequence[ReconciliationRow]) -> None:
        """Print the records behind it, the unexplained first."""
        titles = titles_of(self._page.row.statement)
        rows = [
            [
                _record(row, titles),
                str(CAUSES[Cause(row.cause)][0]),
                _amount(row.source_amount, row.source_currency),
                _amount(row.target_amount, row.target_currency),
            ]
            for row in records[:MOST_RECORDS]
        ]
        self.write_table(
            [_("Record"), _("Reason"), _("Source"), _("Target")], rows, (82, 36, 28, 28), numbers=2, size=8
        )
        left = self._page.differing - len(rows)
        if left > 0:
            self.write_line(
                _("%(number)s further records are not printed here.") % {"number": count_words(left)}, 8, SOFT
            )

    def seal(self) -> None:
        """Print who stands for it, and by what it is known again."""
        row = self._page.row
        self.ln(4)
        if row.signed_at is not None:
            words = {"name": row.signed_by, "at": f"{row.signed_at:%Y-%m-%d %H:%M} UTC"}
            self.write_line(_("Signed by %(name)s, %(at)s") % words, 11)
        else:
            self.write_line(_("Not signed"), 11)
        if row.finished_at is not None:
            words = {"at": f"{row.finished_at:%Y-%m-%d %H:%M} UTC", "zone": row.zone, "number": str(row.version_number)}
            self.write_line(_("Compared %(at)s; days of %(zone)s; version %(number)s of the flow") % words, 8, SOFT)
        self.write_line(f"SHA-256 {row.digest}", 8, SOFT)
        if row.signature:
            self.write_line(_("Seal %(seal)s") % {"seal": row.signature}, 8, SOFT)


def _record(row: ReconciliationRow, titles: Mapping[str, str]) -> str:
    record = f"{row.label or row.business_key} ({row.source_key})"
    if row.again_key:
        words = {"key": row.target_key, "again": row.again_key}
        return f"{record}: {titles.get(row.step, row.step)}, " + _("%(key)s, made again under %(again)s") % words
    return f"{record}: {titles.get(row.step, row.step)}, {row.target_key}" if row.step else record


def _sums(sums: Sums) -> str:
    return "\n".join(money_words(amount, currency) for amount, currency in sums)


def _amount(amount: object, currency: str) -> str:
    return "" if amount is None else money_words(amount, currency)
