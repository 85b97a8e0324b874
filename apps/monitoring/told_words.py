"""What monitoring told of a case and stored, in English: said again in the reader's language and time zone."""

from django.utils.translation import gettext_noop

from apps.tenants.told_sentences import Part, ToldSentences


def step_words(sentence: str) -> str:
    """Return a line of a case's history; one that no rule knows stays as it was written."""
    return _STEPS.said(sentence) or sentence


def finding_words(sentence: str) -> str:
    """Return what a monitor found, or what is the matter with a connection; one that no rule knows stays as it was said."""
    return _FINDINGS.said(sentence) or sentence


def closed_words(reason: str) -> str:
    """Return why a case is closed; a person's own reason stays as it was given."""
    return _CLOSINGS.said(reason) or reason


def _pieces(text: str) -> str:
    return ", ".join(_PIECES.said(one) or one for one in text.split(", "))


_PIECES = ToldSentences(
    gettext_noop("1 record is blocked"),
    gettext_noop("%(count)s records are blocked"),
    gettext_noop("1 waits for an approval"),
    gettext_noop("%(count)s wait for an approval"),
    gettext_noop("1 flow waits"),
    gettext_noop("%(count)s flows wait"),
    gettext_noop("%(count)s written"),
    gettext_noop("%(count)s unchanged"),
    gettext_noop("%(count)s skipped"),
    gettext_noop("%(count)s replaced by a newer version"),
    gettext_noop("%(count)s rolled back"),
    gettext_noop("%(count)s carried on in another case"),
    gettext_noop("%(count)s left waiting"),
)
_LISTED = {"pieces": Part(r".+?", _pieces)}
_FINDINGS = ToldSentences(
    gettext_noop("1 start waits for %(flow)s, the oldest for %(span)s."),
    gettext_noop("%(count)s starts wait for %(flow)s, the oldest for %(span)s."),
    gettext_noop("Usually it begins within %(span)s."),
    gettext_noop("No run of %(flow)s has ended since %(moment)s."),
    gettext_noop("No record has come through %(flow)s since %(moment)s, although it ran: usually some do."),
    gettext_noop("1 record came through %(flow)s on %(weekday)s, %(day)s."),
    gettext_noop("%(count)s records came through %(flow)s on %(weekday)s, %(day)s."),
    gettext_noop("Usually %(low_count)s to %(high_count)s on a %(weekday)s."),
    gettext_noop("A run of %(flow)s has been going on for %(span)s."),
    gettext_noop("The last run of %(flow)s took %(span)s."),
    gettext_noop("Usually %(low_span)s to %(high_span)s."),
    gettext_noop("The last run of %(flow)s refused %(refused_count)s of %(count)s records (%(share)s)."),
    gettext_noop("Usually at most %(share)s."),
    gettext_noop("%(name)s falls due on %(moment)s."),
    gettext_noop("At the present rate what is ready is posted by %(moment)s: too late."),
    gettext_noop("%(name)s falls due on %(moment)s: %(pieces)s."),
    gettext_noop("%(name)s does not answer since %(moment)s: %(pieces)s, and the work goes on by itself as soon as it is back. %(reason)s"),
    gettext_noop("%(name)s no longer accepts the sign-in since %(moment)s: %(pieces)s, and the work goes on by itself once valid credentials are entered. %(reason)s"),
    gettext_noop("%(name)s answers for another account since %(moment)s: %(pieces)s, and the work goes on by itself once somebody confirms it. %(reason)s"),
    gettext_noop("%(name)s is being tested since %(moment)s: %(pieces)s, and the work goes on by itself once the test has passed. %(reason)s"),
    gettext_noop("%(label)s of %(name)s expires on %(day)s."),
    gettext_noop("%(label)s of %(name)s expired on %(day)s."),
    gettext_noop("Make a new one in that system and enter it on the connection's page: flows go on without a break."),
    parts=_LISTED,
)  # fmt: skip
_CLOSINGS = ToldSentences(
    gettext_noop("a later run ended well."),
    gettext_noop("the flow was retired."),
    gettext_noop("the flow is no longer live."),
    gettext_noop("its monitor was switched off."),
    gettext_noop("what waited has begun."),
    gettext_noop("a run has ended since."),
    gettext_noop("records have come through again."),
    gettext_noop("a run took as long as usual again."),
    gettext_noop("a run's records were accepted as usual again."),
    gettext_noop("nothing keeps the cut-off from being reached any more, or it has passed."),
    gettext_noop("merged into “%(title)s”."),
    gettext_noop("1 record settled: %(pieces)s."),
    gettext_noop("%(count)s records settled: %(pieces)s."),
    gettext_noop("%(name)s was removed."),
    gettext_noop("%(name)s can be called again."),
    gettext_noop("The day has come nearer: another case goes on."),
    gettext_noop("It was renewed or is needed no more."),
    parts=_LISTED,
)
_STEPS = ToldSentences(
    gettext_noop("Opened."),
    gettext_noop("Opened again: it happened again."),
    gettext_noop("Sorted in anew."),
    gettext_noop("The rest was ended."),
    gettext_noop("The planned retry was taken back."),
    gettext_noop("The planned retry did not start: whoever planned it may not do this any more."),
    gettext_noop("The planned retry did not start: what was to bring the missing records did not end well."),
    gettext_noop("As it was proposed."),
    gettext_noop("Awake again: more records failed."),
    gettext_noop("Awake again: the next run failed."),
    gettext_noop("Awake again: the customer answered."),
    gettext_noop("Awake again: its time has come."),
    gettext_noop("Awake again: another exception was merged into it."),
    gettext_noop("Waits for us now."),
    gettext_noop("Waits for the customer now."),
    gettext_noop("Waits for the system's provider now."),
    gettext_noop("Taken out of the other exception again."),
    gettext_noop("Assigned to nobody."),
    gettext_noop("The flow was started again."),
    gettext_noop("The flow's records were compared again."),
    gettext_noop("The next run failed for the same reason."),
    gettext_noop("The run gave up."),
    gettext_noop("It was tried again in vain."),
    gettext_noop("The customer answered."),
    gettext_noop("The planned retry did not start: %(reason)s"),
    gettext_noop("1 record tried again."),
    gettext_noop("%(count)s records tried again."),
    gettext_noop("1 record was left out: %(rest)s"),
    gettext_noop("%(count)s records were left out: %(rest)s"),
    gettext_noop("Assigned to %(name)s."),
    gettext_noop("“%(title)s” was merged into this."),
    gettext_noop("“%(title)s” was taken out again."),
    gettext_noop("The file “%(name)s” was attached."),
    gettext_noop("“%(flow)s” was started; the records are tried again once it is through."),
    gettext_noop("To be tried again at %(moment)s."),
    gettext_noop("Snoozed until %(moment)s: %(rest)s"),
    gettext_noop("Routed by the rule “%(name)s”."),
    gettext_noop("%(field)s of %(record)s was corrected and tried again."),
    gettext_noop("%(field)s: %(old)s is now translated to %(new)s. Tried again."),
    gettext_noop("%(field)s: %(old)s becomes %(new)s once version %(count)s is approved."),
    gettext_noop("Waits for us now. %(rest)s"),
    gettext_noop("Waits for the customer now. %(rest)s"),
    gettext_noop("Waits for the system's provider now. %(rest)s"),
    gettext_noop("Closed: %(closing)s"),
    parts={"closing": Part(r".*", closed_words)},
)
