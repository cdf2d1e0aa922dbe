"""Somebody's browser at Globus Auth: log in, allow, go back with a code.

https://docs.globus.org/api/auth/reference/#authorization_code_grant_preferred
"""

from collections.abc import Mapping
from html import escape
from http.cookies import SimpleCookie

from yarl import URL

from hubdrives.testing.emulators.globus.asking import read_form
from hubdrives.testing.emulators.globus.authorize_request import Asked, BackError, PageError, read_request
from hubdrives.testing.emulators.globus.pages import consent_page, error_page, login_page, page
from hubdrives.testing.emulators.globus.people import Identity
from hubdrives.testing.emulators.globus.sessions import Session
from hubdrives.testing.emulators.globus.tokens import CODE_LIFETIME, Code
from hubdrives.testing.emulators.globus.view import Handler, View
from hubdrives.testing.emulators.server import Answer, Call

COOKIE = "globus_session"


def _facing_people(room: Handler) -> Handler:
    """Let a room end in a page, or on the way back to the client."""

    async def answer(view: View, call: Call, args: Mapping[str, str]) -> Answer:
        try:
            return await room(view, call, args)
        except PageError as error:
            return error_page(error.title, error.text, error.code)
        except BackError as error:
            return Answer(302, headers={"Location": str(error.url)})

    return answer


@_facing_people
async def authorize(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """The way in: to the page of login, to that of consent, or straight back when neither is needed."""
    asked = read_request(call.params, view.site)
    session = _session(view, call)
    if session is None or asked.login or not asked.is_met(session, view.site):
        return _login_page(view, call, asked)
    return _go_on(view, call, asked, session)


@_facing_people
async def log_in(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """The form of login comes in; the browser then goes the way in again, without being made to log in."""
    asked = read_request(call.params, view.site)
    form = await read_form(call)
    if form.get("decision") == "cancel":
        raise asked.refuse("access_denied", "The user has cancelled the login")
    identity = view.site.people.by_username(form.get("identity", ""))
    if identity is None or not asked.may_log_in(identity):
        return _login_page(view, call, asked, mistake="You can't log in with this identity here.", status=403)
    session = _session(view, call)
    if session is None or session.primary not in view.site.people.linked(identity):
        session = view.site.sessions.begin()
    session.log_in(identity.id, now=view.site.clock(), mfa=form.get("mfa") == "true")
    cookie = SimpleCookie({COOKIE: session.id})
    for name, value in (("path", "/"), ("httponly", True), ("samesite", "Lax")):
        cookie[COOKIE][name] = value
    onward = URL.build(path="/v2/oauth2/authorize", query={**call.params}).without_query_params("prompt")
    return Answer(303, headers={"Location": str(onward), "Set-Cookie": cookie[COOKIE].OutputString()})


@_facing_people
async def consent(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """The form of consent comes in."""
    asked, session = read_request(call.params, view.site), _session(view, call)
    if session is None or not asked.is_met(session, view.site):
        return _login_page(view, call, asked)
    if (await read_form(call)).get("decision") != "allow":
        raise asked.refuse("access_denied", "The user has denied the consent")
    identity = _stands_for(view, asked, session)
    view.site.consents.allow(identity.id, asked.client.id, asked.scopes, refresh=asked.offline)
    return _go_on(view, call, asked, session)


async def show_code(_view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """The page that a person copies a code from, for applications that no browser can go back to."""
    return page("Authorization Code", f"<code>{escape(call.params.get('code', ''))}</code>")


def _go_on(view: View, call: Call, asked: Asked, session: Session) -> Answer:
    identity = _stands_for(view, asked, session)
    if view.site.consents.lack(identity.id, asked.client.id, asked.scopes, refresh=asked.offline):
        return consent_page(asked.client, identity, asked.scopes, query=call.request.rel_url.raw_query_string)
    code = Code(
        client=asked.client,
        identity=identity,
        session=session,
        scopes=tuple(each.name for each in asked.scopes),
        refresh=asked.offline,
        redirect_uri=str(asked.back),
        challenge=asked.challenge,
        method=asked.method,
        nonce=asked.nonce,
        state=asked.state,
        ends=view.site.clock() + CODE_LIFETIME,
    )
    return Answer(302, headers={"Location": str(asked.returned(view.site.tokens.keep_code(code)))})


def _stands_for(view: View, asked: Asked, session: Session) -> Identity:
    """The identity that tokens will be for: the first that logged in, unless the client takes only another."""
    people = view.site.people.identities
    primary, provider = people[session.primary], asked.client.required_provider
    if provider in {None, primary.provider}:
        return primary
    return next(people[each] for each in session.authentications if people[each].provider == provider)


def _login_page(view: View, call: Call, asked: Asked, *, mistake: str = "", status: int = 200) -> Answer:
    choices = [each for each in view.site.people.identities.values() if asked.may_log_in(each)]
    query = call.request.rel_url.raw_query_string
    return login_page(asked.client, choices, query=query, message=asked.message, mistake=mistake, status=status)


def _session(view: View, call: Call) -> Session | None:
    return view.site.sessions.get(call.request.cookies.get(COOKIE, ""))
