"""Every fault that the same thing wrong everywhere in a policy makes, in the order and words it is told."""

UNKNOWN = r"""
classes[1].presence_as: unknown class "nothing"
agreements[0].parties[0]: unknown agency "nothing"
agreements[0].purposes[0]: unknown purpose "nothing"
agreements[0].classes[0]: unknown class "nothing"
locks[0].classes[0]: unknown class "nothing"
rules[0].classes[0]: unknown class "nothing"
rules[0].owners.agencies[0]: unknown agency "nothing"
rules[0].recipients.agencies[0]: unknown agency "nothing"
rules[0].purposes[0]: unknown purpose "nothing"
rules[0].basis: unknown basis "nothing"
consents[0].recipients[0]: unknown agency "nothing"
consents[0].purposes[0]: unknown purpose "nothing"
consents[0].classes[0]: unknown class "nothing"
consents[0].except[0].recipients[0]: unknown agency "nothing"
consents[0].except[1].purposes[0]: unknown purpose "nothing"
consents[0].except[0].except[0].purposes[0]: unknown purpose "nothing"
consents[0].except[0].except[0].classes[0]: unknown class "nothing"
consents[0].except[0].except[0].recipients[0]: unknown agency "nothing"
decisions[0].owner: unknown agency "nothing"
decisions[0].recipients[0]: unknown agency "nothing"
decisions[0].purposes[0]: unknown purpose "nothing"
decisions[0].classes[0]: unknown class "nothing"
decisions[0].approved_by[0].agency: unknown agency "nothing"
decisions[0].lock: unknown lock "nothing"
"""

EMPTY = r"""
bases[0].sectors: must not be empty
agreements[0].parties: must not be empty
agreements[0].purposes: must not be empty
agreements[0].classes: must not be empty
locks[0].classes: must not be empty
rules[0].classes: must not be empty
rules[0].owners.kinds: must not be empty
rules[0].owners.agencies: must not be empty
rules[0].recipients.kinds: must not be empty
rules[0].recipients.agencies: must not be empty
rules[0].recipients.roles: must not be empty
rules[0].purposes: must not be empty
rules[0].subjects: must not be empty
consents[0].recipients: must not be empty
consents[0].purposes: must not be empty
consents[0].classes: must not be empty
consents[0].except[0].recipients: must not be empty
consents[0].except[1].purposes: must not be empty
consents[0].except[0].except[0].purposes: must not be empty
consents[0].except[0].except[0].classes: must not be empty
consents[0].except[0].except[0].recipients: must not be empty
decisions[0].recipients: must not be empty
decisions[0].purposes: must not be empty
decisions[0].classes: must not be empty
"""

SEVENS = r"""
format: must be "conference-policy/1"
version: must be a non-empty string of valid Unicode
classes[0].name: must be a non-empty string of valid Unicode
classes[1].name: must be a non-empty string of valid Unicode
classes[2].name: must be a non-empty string of valid Unicode
classes[1].presence_as: must be a non-empty string of valid Unicode
purposes: must be a list
agencies.police.kind: must be a non-empty string of valid Unicode
agencies.police.sector: must be a non-empty string of valid Unicode
agencies.almo.kind: must be a non-empty string of valid Unicode
agencies.almo.sector: must be a non-empty string of valid Unicode
bases[0].code: must be a non-empty string of valid Unicode
bases[0].sectors: must be a list
bases[0].from: must be a real moment, YYYY-MM-DDThh:mm:ss[.f]Z with 1 to 6 decimals
bases[0].until: must be a real moment, YYYY-MM-DDThh:mm:ss[.f]Z with 1 to 6 decimals
agreements[0].id: must be a non-empty string of valid Unicode
agreements[0].parties: must be a list
agreements[0].purposes: must be a list
agreements[0].classes: must be a list
agreements[0].from: must be a real moment, YYYY-MM-DDThh:mm:ss[.f]Z with 1 to 6 decimals
agreements[0].until: must be a real moment, YYYY-MM-DDThh:mm:ss[.f]Z with 1 to 6 decimals
locks[0].id: must be a non-empty string of valid Unicode
locks[0].classes: must be a list
rules[0].id: must be a non-empty string of valid Unicode
rules[0].effect: must be one of permit, limit, forbid
rules[0].level: must be one of none, presence, summary, full
rules[0].classes: must be a list
rules[0].owners.kinds: must be a list
rules[0].owners.agencies: must be a list
rules[0].recipients.kinds: must be a list
rules[0].recipients.agencies: must be a list
rules[0].recipients.roles: must be a list
rules[0].purposes: must be a list
rules[0].subjects: must be a list
rules[0].basis: must be a non-empty string of valid Unicode
rules[0].condition: must be a non-empty string of valid Unicode
rules[0].power: must be a non-empty string of valid Unicode
rules[0].consent: must be one of required, considered, irrelevant
rules[0].from: must be a real moment, YYYY-MM-DDThh:mm:ss[.f]Z with 1 to 6 decimals
rules[0].until: must be a real moment, YYYY-MM-DDThh:mm:ss[.f]Z with 1 to 6 decimals
rules[1].id: must be a non-empty string of valid Unicode
rules[1].effect: must be one of permit, limit, forbid
rules[1].level: must be one of none, presence, summary, full
rules[2].id: must be a non-empty string of valid Unicode
rules[2].effect: must be one of permit, limit, forbid
consents[0].decision: must be one of grant, refuse
consents[0].id: must be a non-empty string of valid Unicode
consents[0].person: must be a non-empty string of valid Unicode
consents[0].given_at: must be a real moment, YYYY-MM-DDThh:mm:ss[.f]Z with 1 to 6 decimals
consents[0].recorded_at: must be a real moment, YYYY-MM-DDThh:mm:ss[.f]Z with 1 to 6 decimals
consents[0].from: must be a real moment, YYYY-MM-DDThh:mm:ss[.f]Z with 1 to 6 decimals
consents[0].until: must be a real moment, YYYY-MM-DDThh:mm:ss[.f]Z with 1 to 6 decimals
consents[0].withdrawn_at: must be a real moment, YYYY-MM-DDThh:mm:ss[.f]Z with 1 to 6 decimals
consents[0].recipients: must be a list
consents[0].purposes: must be a list
consents[0].classes: must be a list
consents[0].except[0].decision: must be one of grant, refuse
consents[0].except[0].recipients: must be a list
consents[0].except[1].decision: must be one of grant, refuse
consents[0].except[1].purposes: must be a list
consents[0].except[0].except[0].decision: must be one of grant, refuse
consents[0].except[0].except[0].purposes: must be a list
consents[0].except[0].except[0].classes: must be a list
consents[0].except[0].except[0].recipients: must be a list
decisions[0].kind: must be one of override, exemption, break-glass
decisions[0].id: must be a non-empty string of valid Unicode
decisions[0].person: must be a non-empty string of valid Unicode
decisions[0].owner: must be a non-empty string of valid Unicode
decisions[0].recipients: must be a list
decisions[0].purposes: must be a list
decisions[0].classes: must be a list
decisions[0].level: must be one of none, presence, summary, full
decisions[0].reason: must be a non-empty string of valid Unicode
decisions[0].requested_by: must be a non-empty string of valid Unicode
decisions[0].approved_by[0].staff: must be a non-empty string of valid Unicode
decisions[0].approved_by[0].agency: must be a non-empty string of valid Unicode
decisions[0].approved_by[0].at: must be a real moment, YYYY-MM-DDThh:mm:ss[.f]Z with 1 to 6 decimals
decisions[0].lock: must be a non-empty string of valid Unicode
decisions[0].from: must be a real moment, YYYY-MM-DDThh:mm:ss[.f]Z with 1 to 6 decimals
decisions[0].until: must be a real moment, YYYY-MM-DDThh:mm:ss[.f]Z with 1 to 6 decimals
"""

BARE = r"""
classes[0].name: missing
purposes[0]: must be a non-empty string of valid Unicode
agencies.police.kind: missing
agencies.police.sector: missing
bases[0].code: missing
bases[0].sectors: missing
agreements[0].id: missing
agreements[0].parties: missing
agreements[0].purposes: missing
agreements[0].classes: missing
agreements[0].from: missing
agreements[0].until: missing
locks[0].id: missing
locks[0].classes: missing
rules[0].id: missing
rules[0].effect: missing
consents[0].id: missing
consents[0].person: missing
consents[0].decision: missing
consents[0].given_at: missing
consents[0].recorded_at: missing
consents[0].from: missing
consents[0].recipients: missing
consents[0].purposes: missing
consents[0].classes: missing
decisions[0].id: missing
decisions[0].kind: missing
decisions[0].person: missing
decisions[0].owner: missing
decisions[0].recipients: missing
decisions[0].purposes: missing
decisions[0].classes: missing
decisions[0].level: missing
decisions[0].reason: missing
decisions[0].requested_by: missing
decisions[0].from: missing
decisions[0].until: missing
"""

TWICE = r"""
classes[3].name: duplicate name "health"
classes[4].name: duplicate name "health.mental"
classes[5].name: duplicate name "name"
purposes[2]: duplicate purpose "harm"
purposes[3]: duplicate purpose "help"
bases[1].code: duplicate code "PT"
agreements[1].id: duplicate id "a"
locks[1].id: duplicate id "l"
rules[3].id: duplicate id "r-1"
rules[4].id: duplicate id "r-2"
rules[5].id: duplicate id "r-3"
consents[1].id: duplicate id "c"
decisions[1].id: duplicate id "d"
"""
