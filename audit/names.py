"""Every kind of event, as thing.verb, with what it means."""

from enum import StrEnum
from typing import Self


class EventName(StrEnum):
    """What happened. The value stands in the log for ever: names are added, never changed or reused."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        """A member that is its own text and carries its meaning in one line."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    DISCLOSURE_SHOWN = (
        "disclosure.shown",
        "An answer showed stored values to somebody on a screen or through the API.",
    )
    DISCLOSURE_SPOKEN = (
        "disclosure.spoken",
        "Values were said aloud, to everyone present, and ticked by chair or owner.",
    )
    DISCLOSURE_EXPORTED = (
        "disclosure.exported",
        "Values left in a file: export, minutes, print view or letter.",
    )
    ACCESS_REFUSED = "access.refused", "Somebody asked for what they may not have; the mark names the gate."

    OFFER_CHANGED = "offer.changed", "An owner changed how far a field is on the table."
    OFFER_WITHDRAWN = "offer.withdrawn", "An owner took a field off the table."
    RECORD_ADDED = "record.added", "An owner added a record about people."
    RECORD_CORRECTED = "record.corrected", "An owner corrected a record; the earlier wording is kept."
    RECORD_REWRITTEN = (
        "record.rewritten",
        "An owner wrote what stays of a record about several people when one of them is erased.",
    )
    RECORD_ERASED = "record.erased", "An owner erased records of its own; two of its officers agreed."
    FILE_CHECKED = (
        "file.checked",
        "A file on an owner's record was scanned and opened, or refused; the mark says which.",
    )
    COPY_MADE = "copy.made", "A redacted copy of a document was made, or refused; the mark says which."
    CONSENT_RECORDED = "consent.recorded", "A person's consent or refusal was recorded."
    CONSENT_WITHDRAWN = "consent.withdrawn", "A person's earlier word was withdrawn."
    CONSENT_UNANSWERED = (
        "consent.unanswered",
        "A person could not safely be asked for consent, or could not decide; nothing else changed.",
    )
    CONSENT_SHOWN = "consent.shown", "Somebody saw which consents of a case they may know of."
    PERSON_UNSAFE = "person.unsafe", "A person was named as unsafe to tell; they never consent for a child."
    QUESTION_ASKED = "question.asked", "A member asked another agency, or through the IDVA, for more."
    QUESTION_SHOWN = "question.shown", "Somebody who was asked read the question."
    QUESTION_DONE = "question.done", "Whoever was asked marked the question as done."
    AGREEMENT_SIGNED = "agreement.signed", "An agency signed a sharing agreement."
    AGREEMENT_ENDED = "agreement.ended", "A sharing agreement ended before its time."
    POLICY_PROPOSED = "policy.proposed", "A change of the rules was put forward, with what it would alter."
    POLICY_ACCEPTED = (
        "policy.accepted",
        "An agency's officer accepted what a change of the rules would show more of.",
    )
    POLICY_PUBLISHED = "policy.published", "A version of the rules came into force."
    OVERRIDE_RECORDED = (
        "override.recorded",
        "Professionals asked for or approved sharing against a refusal, or an exemption.",
    )
    OVERRIDE_ENDED = "override.ended", "An override or exemption ended before its time."
    BREAKGLASS_OPENED = (
        "breakglass.opened",
        "Somebody opened a summary in an emergency, without approval, for an hour at most.",
    )
    BREAKGLASS_ENDED = "breakglass.ended", "Somebody ended their emergency access before its hour was over."
    REVIEW_OPENED = "review.opened", "Something asks for an information governance officer's look."
    REVIEW_CLOSED = "review.closed", "An information governance officer settled a review."
    RECALL_SENT = "recall.sent", "Somebody was told that something they were shown is no longer shared."
    CORRECTION_SENT = "correction.sent", "Somebody was told that something they were shown was corrected."
    RECALL_ANSWERED = "recall.answered", "Somebody said what they did with what they had been shown."
    WRONG_REPORTED = "wrong.reported", "A disclosure was reported as wrong."
    WRONG_CHANGED = (
        "wrong.changed",
        "Something was done about a wrong disclosure, or decided; the mark says what.",
    )
    WRONG_CLOSED = "wrong.closed", "Everything about a wrong disclosure was done."
    NOTES_SHOWN = (
        "notes.shown",
        "What was written about a review, an override, a recall or a wrong disclosure was shown.",
    )

    RECUSAL_DECLARED = "recusal.declared", "A staff member stepped back from a case."
    RECUSAL_LIFTED = "recusal.lifted", "A recusal ended."
    ROLE_CHANGED = "role.changed", "A staff member's roles or standing changed."
    AGENCY_JOINED = "agency.joined", "An agency joined the partnership; later leaves hold a part for it."
    AGENCY_LEFT = "agency.left", "An agency left the partnership."

    CASE_REFERRED = "case.referred", "A referral came in."
    CASE_OPENED = "case.opened", "A referral became a case."
    CASE_CLOSED = "case.closed", "A case was closed."
    CASE_ASSIGNED = "case.assigned", "A staff member was assigned to a case or its research."
    CASE_REASONED = "case.reasoned", "A colleague who is not assigned gave a reason before looking."
    RESEARCH_CHANGED = "research.changed", "An agency said how far its research for a case is."
    MEETING_PLANNED = "meeting.planned", "A meeting, its agenda or its panel was set or changed."
    MEETING_SIGNED = "meeting.signed", "A panel member signed the meeting's confidentiality declaration."
    MEETING_JOINED = "meeting.joined", "A panel member came into the room."
    MEETING_LEFT = "meeting.left", "A panel member left the room."
    MEETING_ADVANCED = "meeting.advanced", "The meeting moved to another case or stage."
    MEETING_CLOSED = "meeting.closed", "The meeting ended."
    ACTION_ADDED = "action.added", "An action was given to an agency."
    ACTION_CHANGED = "action.changed", "An action's owner, date or state changed."
    RISK_WRITTEN = "risk.written", "The conference wrote its risk summary."
    NOTE_WRITTEN = "note.written", "The conference wrote a note."
    LETTER_WRITTEN = "letter.written", "A letter was drawn up."

    IMPORT_DONE = "import.done", "Records came in from an agency's own system."
    PERSON_SEARCHED = "person.searched", "Somebody looked for a person by name and date of birth, or number."
    PERSON_MERGED = "person.merged", "Two entries were found to be one person."
    PERSON_ERASED = (
        "person.erased",
        "A person's erasure key was destroyed; items about them can no longer be read.",
    )
    RETENTION_SET = "retention.set", "An agency said how long it keeps a kind of information."
    RETENTION_SHOWN = (
        "retention.shown",
        "An information governance officer saw which of their agency's records are to be looked at.",
    )
    HOLD_PLACED = "hold.placed", "A legal hold was placed: what it covers is not erased."
    HOLD_LIFTED = "hold.lifted", "A legal hold was lifted."
    ERASURE_PROPOSED = "erasure.proposed", "An officer proposed to erase records of their agency."
    ERASURE_ANSWERED = (
        "erasure.answered",
        "A proposal to erase was approved, refused or taken back; the mark says which.",
    )
    KEY_CREATED = "key.created", "A key was made, for an agency, the log or the directory."
    KEY_ROTATED = "key.rotated", "A key was replaced by a new version."
    KEY_DESTROYED = "key.destroyed", "Old versions of a key were destroyed: nothing needed them any more."
    SEAL_BROKEN = (
        "seal.broken",
        "Something stored did not open as it must: it was not shown; the mark names its place.",
    )
    KEY_REVOKED = "key.revoked", "A key was taken out of use."
    KEY_GRANTED = "key.granted", "A key that had been taken out of use was given again."

    STATISTICS_SHOWN = "statistics.shown", "A fixed report of numbers was shown, small numbers suppressed."
    LOG_SEARCHED = (
        "log.searched",
        "An information governance officer searched their agency's part of the log.",
    )
    LOG_EXPORTED = "log.exported", "The log, or an agency's copy of it, was exported."
    WITNESS_ADDED = "witness.added", "A witness of an agency's was registered; a quorum may count it."
    WITNESS_REMOVED = "witness.removed", "A witness is asked no more."
    LOG_CONTINUED = "log.continued", "A new epoch opened after the log had lost its end."
    SESSION_STARTED = "session.started", "A staff member signed in."
    SESSION_ENDED = (
        "session.ended",
        "A session ended: signed out, idle, expired or ended by the identity provider.",
    )
