"""What the desk says where something is refused, in the language of whoever sits there."""

from collections.abc import Callable, Mapping

from ringoff.features.readiness import Finding
from ringoff.kit.errors import RingoffError
from ringoff.kit.i18n import Phrases


def says(error: RingoffError, say: Phrases) -> str:
    """English, where there is no sentence of ours."""
    sentences = {**_of_staff(say.gettext), **_of_calls(say.gettext), **_of_work(say.gettext)}
    return sentences.get(error.code, error.message) % {name: str(value) for name, value in error.details.items()}


def _of_staff(_: Callable[[str], str]) -> Mapping[str, str]:
    return {
        "sign_in_failed": _(
            "Name, password and code do not go together, or there were too many tries: then wait a quarter of an hour."
        ),
        "code_wrong": _("This code is wrong, used, or too old. Take the next one."),
        "too_many_tries": _("Too much was tried from where you are. Wait a quarter of an hour, then try again."),
        "passkey_failed": _("This passkey did not work here. Try again, or use password and code."),
        "passkey_known": _("This passkey is set up already."),
        "passkeys_enough": _("You have as many passkeys as we keep. Remove one first."),
        "step_up_needed": _("Prove again who you are first: lock the desk, and unlock it."),
        "openid_failed": _(
            "Your company account does not let you in here: it takes two factors, and a name that we know."
        ),
        "openid_unavailable": _("Your company's sign-in does not answer at the moment. Try again in a minute."),
        "busy": _("Too many people sign in just now. Try again in a moment."),
        "passwords_differ": _("The two are not the same. Type the new password twice."),
        "password_short": _("Use at least %(least)s characters. Several words are easiest."),
        "password_long": _("Use at most %(most)s characters."),
        "password_common": _("Many people use this password, so it is tried first. Choose another."),
        "password_personal": _(
            "This password is little more than a name or number of yours. Choose one that nobody can guess."
        ),
        "permission_missing": _("Your role may not do this."),
        "form_foreign": _("This form is too old, or did not come from this site. Nothing was changed."),
        "staff_unknown": _("There is no colleague of this name."),
        "colleague_may_not": _("They may not work on this queue."),
    }


def _of_calls(_: Callable[[str], str]) -> Mapping[str, str]:
    return {
        "proof_wrong": _(
            "This does not prove who calls, or there were too many tries. The contacts of record have been told."
        ),
        "caller_unknown": _("The caller has still to prove who they are."),
        "call_ended": _("This call has ended."),
        "callback_not_asked": _("Nobody has set out to call back within half an hour."),
        "call_of_another": _("A colleague has this call."),
        "no_contact": _("There is no address of record to which a code could go."),
    }


def _of_work(_: Callable[[str], str]) -> Mapping[str, str]:
    return {
        "item_held": _("%(by)s has taken it."),
        "item_not_held": _("Take it first: somebody else may be working on it."),
        "own_request": _("Somebody else must decide about a request that you made."),
        "hold": _("A hold stands in the way: %(says)s"),
        "not_in_review": _("It is no longer in review."),
        "not_in_fallout": _("It no longer waits for a person."),
        "line_closed": _("This line is closed already."),
        "point_of_no_return": _("The point of no return has been passed."),
        "when_past": _("This day has passed."),
        "when_too_far": _("This day is too far away."),
        "when_invalid": _("Write the day as in 2026-11-27."),
        "why_missing": _("Say why, in a sentence."),
        "nothing_chosen": _("Choose at least one line."),
        "approval_missing": _("A second person has to approve this first, exactly as it is."),
        "approval_not_waiting": _("It has been decided already."),
        "approval_expired": _("Nobody has decided this in time: it has to be asked for again."),
        "edited_contact": _("You have changed a contact of this account: somebody else decides."),
        "has_decided": _("You have decided about this account: somebody else changes its contacts."),
        "papers_missing": _("Papers are missing."),
        "paper_empty": _("This file is empty."),
        "paper_too_large": _("This file is too large."),
        "paper_type": _("Only PDF, JPEG, PNG and HEIC are taken, whatever a file is called."),
        "paper_name": _("The name of this file says something else than what is in it."),
        "paper_active": _("This PDF does something when it is opened. Ask for a plain one, or a photograph."),
        "paper_locked": _("This PDF is locked. Ask for one that can be read."),
        "paper_known": _("This very paper has been handed in for this already."),
        "papers_most": _("As many papers are kept as are needed: take one out first."),
        "contact_not_safe": _("Others of this account read there: ask for another way to reach them."),
        "person_invalid": _("Say who it is, and what they are to the holder, in a few words."),
        "way_missing": _("Say in which way they act for the holder."),
        "note_invalid": _("A note has 1 to 2,000 characters."),
        "email_invalid": _("This is no e-mail address. It looks like name@example.net."),
        "msisdn_invalid": _("This is no telephone number. It looks like +8613812345678."),
        "case_ended": _("It has ended already."),
        "open_case_other_terms": _("A case is open on this line already, with other terms."),
        "account_too_large": _("This account has too many lines for the desk: close it in bulk."),
        "unpaid_bills": _("There are unpaid bills: the law of the account lets no line go before they are paid."),
        "period_unknown": _("There is no paid period on record: choose another time."),
    }


# ── What is known of a line ──
def finding_says(finding: Finding, say: Phrases) -> str:
    """To an agent, about somebody else's line."""
    known = _findings(say.gettext).get(finding.code)
    return known or say.gettext(finding.says)


def _findings(_: Callable[[str], str]) -> Mapping[str, str]:
    return {
        "closed": _("This line is closed already."),
        "hold": _("Something stands in the way that a senior must clear. Tell the caller no more than that."),
        "cancel_lock": _("The holder has locked the account against cancelling: they lift the lock themselves."),
        "unpaid_bills": _("There are unpaid bills. They go on the final bill."),
        "recent_change": _("A SIM, password or contact was changed a short while ago: nothing closes for some days."),
        "secondary_lines": _("Other lines depend on this one. They close first: together, or the whole account."),
        "suspended": _("The line is suspended: a person looks at the request."),
        "no_imsi": _("The line has no IMSI on file: a person closes it in the network."),
        "no_email": _("There is no e-mail address on file for the confirmation: ask for one."),
        "paid_until": _("The line is paid for some time yet: the end of the period costs nothing more."),
        "last_line": _("This is the account's last line: the account closes with it."),
        "keep_number": _("The number is lost unless it is moved to another carrier first."),
        "linked_services": _("Banks and log-ins that use this number: the caller moves them to another one first."),
    }


def hold_titles(say: Phrases) -> Mapping[str, str]:
    _ = say.gettext
    return {
        "port_pending": _("The number is being ported"),
        "legal": _("By order of an authority"),
        "fraud": _("Suspected fraud"),
        "stolen": _("Reported stolen"),
        "recent_change": _("A change of SIM, password or contact"),
    }
