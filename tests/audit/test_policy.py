"""Witness policies: read strictly, and a quorum counts groups."""

import pytest

import audit
from audit.__main__ import main
from tests.audit.made import ORIGIN, SEED

KEY = audit.SigningKey(ORIGIN, SEED)
W = [audit.SigningKey(f"w{number}.example", bytes([number]) * 32, audit.COSIGNATURE) for number in range(4)]
NOTE = audit.sign_checkpoint(audit.Checkpoint(ORIGIN, 5, bytes(32)), [KEY])
NAMES = ["police-1", "police-2", "almo-1", "almo-2"]
WITNESSES = "".join(f"witness {name} {key.verifier}\n" for name, key in zip(NAMES, W, strict=True))
TWO_AGENCIES = f"""# one group for each agency
log {KEY.verifier} https://log.example/
{WITNESSES}
\tgroup police any police-1 police-2
group almo   1 almo-1 almo-2
group both all police almo
quorum both
"""


def cosigned(*numbers):
    return audit.Note(
        NOTE.text, (*NOTE.signatures, *(audit.cosign(NOTE, W[number], 1) for number in numbers))
    )


@pytest.mark.parametrize(
    ("quorum", "by", "holds"),
    [
        ("quorum none", [], True),
        ("quorum police-1", [0], True),
        ("quorum police-1", [1], False),
        ("group g 2 police-1 police-2 almo-1\nquorum g", [0], False),
        ("group g 2 police-1 police-2 almo-1\nquorum g", [0, 2], True),
        ("group g all police-1 police-2\nquorum g", [0, 3], False),
    ],
)
def test_quorums(quorum, by, holds):
    policy = audit.parse_policy((WITNESSES + quorum + "\n").encode())
    if holds:
        policy.check(cosigned(*by), KEY.verifier)
    else:
        with pytest.raises(audit.BadPolicy):
            policy.check(cosigned(*by), KEY.verifier)


def test_two_keys_of_one_agency_count_once():
    policy = audit.parse_policy(TWO_AGENCIES.encode())
    policy.check(cosigned(0, 3), KEY.verifier)
    policy.check(cosigned(1, 2), KEY.verifier)
    for by in ((), (0,), (0, 1), (2, 3), (0, 0)):
        with pytest.raises(audit.BadPolicy, match="quorum"):
            policy.check(cosigned(*by), KEY.verifier)


def test_a_log_that_the_policy_does_not_name_is_refused():
    other = audit.SigningKey(ORIGIN, bytes(32)).verifier
    with pytest.raises(audit.BadPolicy, match="log"):
        audit.parse_policy(f"log {other}\nquorum none\n".encode()).check(NOTE, KEY.verifier)


def test_a_known_witness_with_a_bad_signature_refuses_the_checkpoint():
    bad = audit.Signature(W[1].name, W[1].verifier.key_id, bytes(72))
    policy = audit.parse_policy(TWO_AGENCIES.encode())
    with pytest.raises(audit.BadNote):
        policy.check(audit.Note(NOTE.text, (*cosigned(0, 3).signatures, bad)), KEY.verifier)


SAME_KEY = audit.VerifierKey("another", audit.COSIGNATURE, W[0].verifier.public)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum none",
        "quorum none\nquorum none\n",
        "quorum nobody\n",
        "quorum police-1\n" + WITNESSES,
        "nonsense\nquorum none\n",
        "quorum none\r\n",
        "quorum none\x00\n",
        "log\nquorum none\n",
        "log x\nquorum none\n",
        f"log {W[0].verifier}\nquorum none\n",
        f"witness a {KEY.verifier}\nquorum none\n",
        f"witness none {W[0].verifier}\nquorum none\n",
        WITNESSES + WITNESSES + "quorum none\n",
        WITNESSES + f"witness a {SAME_KEY}\nquorum none\n",
        WITNESSES + "group g\nquorum none\n",
        WITNESSES + "group g any\nquorum none\n",
        WITNESSES + "group g any nobody\nquorum none\n",
        WITNESSES + "group g 0 police-1\nquorum none\n",
        WITNESSES + "group g 2 police-1\nquorum none\n",
        WITNESSES + "group g 01 police-1\nquorum none\n",
        WITNESSES + "group g any none\nquorum none\n",
        WITNESSES + "group g any police-1 police-1\nquorum none\n",
        WITNESSES + "group g any g\nquorum none\n",
        WITNESSES + "group police-1 any almo-1\nquorum none\n",
        WITNESSES + "group g any police-1\ngroup h any police-1\nquorum none\n",
        "log \xff+00000000+AQ==\nquorum none\n",
        "QUORUM none\n",
        "quorum none none\n",
        "\n" * 1000 + "quorum none\n",
    ],
)
def test_what_is_not_a_policy_is_refused(text):
    with pytest.raises(audit.BadPolicy):
        audit.parse_policy(text.encode("latin-1"))


def test_the_command_asks_for_the_quorum(exported, tmp_path, capsys):
    folder, key_file = exported(3)
    policy = tmp_path / "policy"
    policy.write_text(TWO_AGENCIES)
    arguments = ["verify", str(folder), "--vkey", str(key_file), "--policy", str(policy)]
    assert main(arguments) == 1
    assert "quorum" in capsys.readouterr().err
    data = (folder / "checkpoint").read_bytes()
    note = audit.Note.parse(data)
    (folder / "checkpoint").write_bytes(
        data + "".join(audit.cosign(note, W[n], 1).line for n in (0, 2)).encode()
    )
    assert main(arguments) == 0
    assert main(arguments[:4]) == 0
