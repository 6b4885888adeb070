"""The words that are read aloud before somebody is asked, by version. A version is never changed afterwards.

What they must say: who is asked for, what for, that one may say no, and that withdrawing is as easy.
Source: domain reference, section 7.4 (ICO, consent).
"""

from __future__ import annotations

WORDINGS: dict[str, tuple[str, ...]] = {
    "2026-11": (
        "I would like to ask whether some agencies may be told some things about you.",
        "You choose which agencies, which things, what for and until when. I will name each agency.",
        "You can say no, or agree to some of it. Saying no will not change the help you get from us.",
        "You can change your mind at any time. Tell any of us; it takes one step and counts at once.",
        "What was shared before cannot be unseen, but we will ask for copies to be destroyed.",
        "If somebody may come to serious harm, or the law says so, agencies may share without you agreeing.",
    ),
}

CURRENT = "2026-11"
