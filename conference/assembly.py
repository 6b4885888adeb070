"""The list of parts that make the application."""

from __future__ import annotations

import logging
from pathlib import Path

from flask_wtf import CSRFProtect
from govuk_frontend_jinja import __name__ as _govuk
from htmx_flask import Htmx
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined
from sqlalchemy import select
from werkzeug.middleware.proxy_fix import ProxyFix

from conference import health, identity, web
from conference.assets import Assets
from conference.db import Database
from conference.desk import routes as desk
from conference.desk.asking import routes as asking
from conference.desk.consents import routes as consents
from conference.desk.emergency import routes as emergency
from conference.desk.files import routes as documents
from conference.desk.matching import routes as matching
from conference.desk.notices import routes as notices
from conference.desk.overrides import routes as overrides
from conference.desk.rewriting import routes as rewriting
from conference.formats import FILTERS
from conference.governance import routes as governance
from conference.governance.agreements import routes as agreements
from conference.governance.copying import routes as copying
from conference.governance.explaining import routes as explaining
from conference.governance.retention import routes as retention
from conference.governance.reviews import routes as reviews
from conference.governance.rules import routes as rules
from conference.governance.wrong import routes as wrong
from conference.identity.models import Partnership
from conference.live import routes as live
from conference.meetings import routes as meetings
from conference.settings import Settings
from conference.sharing.retention import erasing
from conference.trail.committing import Committer
from conference.trail.sequencer import Sequencer, check_start
from conference.vault import nonces
from conference.vault.holders import open_keys

ROOT = Path(__file__).parent.parent


def assemble(settings: Settings) -> web.ConferenceFlask:
    """Put the parts together. Reads the database and the key file, and finishes erasures that were not."""
    app = web.ConferenceFlask("conference", static_folder="static", template_folder=None)
    keys = open_keys(settings)
    database = Database(settings.database, keys)
    app.extensions["conference"] = web.Parts(settings, database, _checked(database), Committer(database))
    nonces.begin(database)
    app.config.update(
        SECRET_KEY=keys.key_or_new("web/secret"),
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=1_000_000,
        MAX_FORM_MEMORY_SIZE=1_000_000,
    )
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(ROOT / "templates"),
            PrefixLoader({_govuk: PackageLoader(_govuk)}),
        ]
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals["asset"] = Assets(Path(app.static_folder or "")).tag_values
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies
        )
    web.init_app(app)  # first: what refuses a request later needs its nonce
    CSRFProtect(app).exempt("conference.identity.routes.sign_in")  # as its docstring says
    Htmx(app)
    for part in (
        health,
        identity,
        desk,
        emergency,
        overrides,
        asking,
        consents,
        meetings,
        governance,
        copying,
        notices,
        live,
    ):
        part.init_app(app)
    for part in (agreements, rules, explaining, reviews, wrong, documents):
        part.init_app(app)
    for part in (retention, rewriting, matching):
        part.init_app(app)
    return app


def _checked(database: Database) -> Sequencer:
    """The sequencer, after every partnership's log was checked. The server starts it."""
    with database.read() as session:
        partnerships = list(session.scalars(select(Partnership.id).order_by(Partnership.id)))
    for partnership in partnerships:
        check_start(database, partnership)
    erasing.finish(database)
    logging.getLogger("conference").info("log checked", extra={"fields": {"partnerships": len(partnerships)}})
    return Sequencer(database)
