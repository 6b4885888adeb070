"""The same import on the other database."""

from __future__ import annotations

import io

from conference.exchange.commands import run_fhir
from tests.exchange.made import as_json, bundle, clinical, concept, patient
from tests.support import world as worlds


def test_an_import_on_postgresql(tmp_path, postgres_url):
    world = worlds.make(tmp_path, postgres_url)
    path = tmp_path / "p.json"
    path.write_bytes(as_json(bundle(patient(), clinical("Condition", code=concept("Fracture of wrist")))))
    for said in (["imported 3 fields", "imported 1 field"], ["unchanged", "unchanged"]):
        out = io.StringIO()
        with worlds.told(said[0]):
            code = run_fhir(
                world.database,
                [path],
                agency="nhs",
                case_reference=world.reference,
                about="victim",
                keep_going=False,
                out=out,
            )
        assert code == 0
        assert [line.split(": ", 1)[1] for line in out.getvalue().splitlines()[:2]] == said
    world.database.close()
