"""What a case means to the people of a customer: no word that a finance lead would not use (a table, so long)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.connectors.errors import BusinessClass
from apps.monitoring.blame import BACKLOG, CUT_OFF_RISK, EMPTY, EXPIRING, OVERDUE, PARTIAL, SLOW


@dataclass(frozen=True, slots=True)
class Words:
    """One reason in plain words: `happened` why it waits, `ours` what the partner does, `yours` what the customer can do."""

    title: str | Promise
    happened: str | Promise
    ours: str | Promise
    yours: str | Promise


_WORDS: dict[str, Words] = {
    BusinessClass.CLOSED_PERIOD: Words(
        _("The accounting period is closed"),
        _("This work belongs to a period in which your books no longer take postings."),
        _("We hold everything ready and post it as soon as the period is open, or to the day you name."),
        _("Open the period in your accounting system, or tell us to which day it shall be posted."),
    ),
    BusinessClass.INVALID_DIMENSION: Words(
        _("A cost centre is not accepted"),
        _("Your accounting system does not know the cost centre, or another such code, that stands on this work."),
        _("We find out which code is the right one and post the work again."),
        _("Tell us which cost centre is the right one."),
    ),
    BusinessClass.MISSING_REFERENCE: Words(
        _("A person, project or client is not known in the other system"),
        _("This work names a person, a project or a client that does not exist yet where it has to be posted."),
        _("We check what is missing and post the work again once it is there."),
        _("Add the missing person, project or client in your accounting system, or tell us which one is meant."),
    ),
    BusinessClass.DUPLICATE: Words(
        _("This seems to be there already"),
        _("Your accounting system already holds something with the same number or the same content."),
        _("We compare the two, so that nothing is billed twice."),
        _("Tell us whether both are meant to be billed."),
    ),
    BusinessClass.INACTIVE_PROJECT: Words(
        _("The project no longer takes time"),
        _("Hours were booked on a project or task that is closed for time."),
        _("We hold the hours ready and post them as soon as the project is open again."),
        _("Open the project again, or move the hours to another one."),
    ),
    BusinessClass.MISSING_APPROVAL: Words(
        _("An approval is missing"),
        _("This work has not been approved, and only approved work is billed."),
        _("We look again regularly and post it as soon as it is approved."),
        _("Have it approved in your time system. It is picked up by itself after that."),
    ),
    BusinessClass.MAPPING_GAP: Words(
        _("We have to ask what a code is called in the other system"),
        _("One of your systems uses a code for which nobody has said yet what it is called in the other."),
        _("We add the missing name once; everything with this code is then posted."),
        _("Tell us what it is called in the other system."),
    ),
    BusinessClass.SCHEMA_DRIFT: Words(
        _("One of your systems has changed"),
        _("One of your systems no longer answers the way it did, perhaps after an update."),
        _("We adjust to the change. Nothing is lost meanwhile."),
        _("Tell us if something was changed or updated lately."),
    ),
    BusinessClass.CONFLICT: Words(
        _("Somebody changed this at the same time"),
        _("It was changed in the receiving system after we had last looked."),
        _("We compare both and carry over the one that counts."),
        _("Tell us which of the two counts."),
    ),
    BusinessClass.TOO_LARGE: Words(
        _("A text or figure is too long for the other system"),
        _("The receiving system has less room for it than it needs."),
        _("We shorten it and post the work again."),
        _("Shorten it, or tell us what may be left out."),
    ),
    BusinessClass.PARSE: Words(
        _("A date, number or text cannot be read"),
        _("It is written in a way that the other system does not understand."),
        _("We correct it and post the work again."),
        _("Correct it where it was entered, or tell us what is meant."),
    ),
    BusinessClass.VALIDATION: Words(
        _("Something on this work does not look right"),
        _("It breaks a rule that protects your books from mistakes, such as more hours than a day has."),
        _("We check it with you and post the work once it is right."),
        _("Correct it where it was entered, or tell us what is meant."),
    ),
    BusinessClass.PERMISSION: Words(
        _("We are not allowed to do this in one of your systems"),
        _("The system knows us but does not let us do what is needed."),
        _("We wait for the right and go on at once."),
        _("Ask whoever looks after that system to give us the missing right."),
    ),
    BusinessClass.CONNECTION: Words(
        _("We cannot get into one of your systems"),
        _("Its address, password or key is no longer right, or has expired."),
        _("We renew the access. Nothing is lost: what waits is carried over afterwards."),
        _("Tell us if a password or key was changed lately."),
    ),
    BusinessClass.PROVIDER_OUTAGE: Words(
        _("One of your systems is not available"),
        _("The system is down, or asks everybody to slow down."),
        _("We try again by ourselves until it answers. Nothing is lost."),
        _("Nothing for now. If it lasts, ask whoever looks after that system."),
    ),
    BusinessClass.TIMEOUT: Words(
        _("One of your systems answers too slowly"),
        _("No answer came in time."),
        _("We check and try again by ourselves. Nothing is lost and nothing is posted twice."),
        _("Nothing for now. If it lasts, ask whoever looks after that system."),
    ),
    BusinessClass.SOURCE_DELETED: Words(
        _("Something was deleted after it had been carried over"),
        _("It no longer exists where it came from, and the receiving system still holds it."),
        _("We ask whether it was meant to be deleted, and take it back in the other system where it was."),
        _("Tell us whether it was deleted on purpose, or restore it."),
    ),
    BusinessClass.SOURCE_SHRUNK: Words(
        _("One of your systems suddenly shows far fewer entries"),
        _("Perhaps we are no longer allowed to see all of them. Nothing was changed because of it."),
        _("We find out whether a right was taken away, and look again."),
        _("Tell us if rights were changed, or if many entries were deleted."),
    ),
    BusinessClass.UNRECONCILED: Words(
        _("Two of your systems disagree"),
        _("We compared both sides, and some records are missing or differ without a known reason."),
        _("We compare both records and put right the one that is wrong."),
        _("Tell us if somebody changed or deleted records by hand."),
    ),
    OVERDUE: Words(
        _("Nothing has come for longer than usual"),
        _("By now something should have come from your system, and nothing did."),
        _("We check whether the system can be reached and what keeps it."),
        _("Tell us if nothing was entered, for example because of a holiday."),
    ),
    SLOW: Words(
        _("Carrying over takes longer than usual"),
        _("Your records are on their way, but it takes far longer than usual."),
        _("We find out what takes the time. Nothing is lost."),
        _("Nothing for now."),
    ),
    EMPTY: Words(
        _("Far less has come than usual"),
        _("We looked in your system as usual, and found nothing or far less than on other days."),
        _("We check whether we still see everything that is entered there."),
        _("Tell us if nothing was entered, for example because of a holiday, or if rights were changed."),
    ),
    BACKLOG: Words(
        _("Your records wait longer than usual"),
        _("What you entered has been noticed but has not been carried over yet."),
        _("We find out what holds it up. Nothing is lost."),
        _("Nothing for now."),
    ),
    PARTIAL: Words(
        _("Much more is held up than usual"),
        _("Your accounting system accepted far fewer of the latest records than usual."),
        _("We find out what has changed and post them again."),
        _("Tell us if something was changed in one of your systems lately."),
    ),
    CUT_OFF_RISK: Words(
        _("Not everything may be posted in time"),
        _("Some work is not posted yet, and a closing date of yours comes near."),
        _("We clear what is in the way so that it is posted before that date."),
        _("Answer what we asked you, and approve what waits for you."),
    ),
    EXPIRING: Words(
        _("An access to one of your systems ends soon"),
        _("The access that was given to us ends on a known day. Until then everything goes on as usual."),
        _("We renew it in time, or ask you for it."),
        _("Renew it in your system and enter it through the link that we send you."),
    ),
}
_OUR_MISTAKE = Words(
    _("Something went wrong on our side"),
    _("This was held up for a reason that has nothing to do with your work."),
    _("We are looking into it. Nothing is lost."),
    _("Nothing: this is ours to mend."),
)


def words_for(business_class: str) -> Words:
    """Return a class in the customer's words; one nobody knows is the partner's own mistake."""
    return _WORDS.get(business_class, _OUR_MISTAKE)
