"""The pages that people see: plain forms, which a test drives as a browser would."""

from collections.abc import Iterable
from html import escape

from hubdrives.testing.emulators.globus.people import Client, Identity
from hubdrives.testing.emulators.globus.scopes import Scope
from hubdrives.testing.emulators.server import Answer


def page(title: str, body: str, *, status: int = 200) -> Answer:
    """A page; the body is HTML, the title text."""
    html = (
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{escape(title)} | Globus</title>'
        f"<h1>{escape(title)}</h1>{body}</html>"
    )
    return Answer(status, html.encode(), {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"})


def error_page(title: str, text: str, code: str) -> Answer:
    """What Globus shows when it does not trust the address to go back to."""
    body = (
        "<p>Sorry, but we encountered a problem while servicing your request.</p>"
        f"<p>{escape(text)}</p><p>Error code: <code>{escape(code)}</code></p>"
    )
    return page(title, body, status=400)


def login_page(
    client: Client, identities: Iterable[Identity], *, query: str, message: str, mistake: str = "", status: int = 200
) -> Answer:
    """Where somebody says who they are; nobody is asked for a password here.

    Args:
        client: what they log in to.
        identities: to choose from.
        query: of the request, which the form sends again.
        message: of the client.
        mistake: what was wrong with the last try.
        status: of HTTP.
    """
    choices = "".join(
        f'<option value="{escape(each.username)}">{escape(f"{each.name} ({each.username})")}</option>'
        for each in identities
    )
    told = "".join(f"<p>{escape(each)}</p>" for each in (message, mistake) if each)
    body = (
        f"<p>Log in to use {escape(client.name)}</p>{told}"
        f'<form method="post" action="/v2/web/login?{escape(query)}">'
        f'<label>Identity <select name="identity">{choices}</select></label>'
        '<label><input type="checkbox" name="mfa" value="true"> with a second factor</label>'
        '<button name="decision" value="login">Log in</button><button name="decision" value="cancel">Cancel</button>'
        "</form>"
    )
    return page("Log in", body, status=status)


def consent_page(client: Client, identity: Identity, scopes: Iterable[Scope], *, query: str) -> Answer:
    """Where somebody allows a client what it asks for, or does not."""
    body = (
        f"<p>{escape(client.name)} would like to, as {escape(identity.username)}:</p>{_list(scopes)}"
        f'<form method="post" action="/v2/web/consent?{escape(query)}">'
        '<button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button>'
        "</form>"
    )
    return page("Consent", body)


def _list(scopes: Iterable[Scope]) -> str:
    lines = "".join(f"<li><code>{escape(each.name)}</code>{_list(each.dependencies)}</li>" for each in scopes)
    return f"<ul>{lines}</ul>" if lines else ""
