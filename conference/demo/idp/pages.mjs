// The few pages of the demo's identity provider: plain HTML, nothing from elsewhere, no script.

import { createHash } from 'node:crypto';

const STYLE = `
body { margin: 0; font: 1.1875rem/1.4 arial, sans-serif; color: #0b0c0c; background: #fff; }
main { max-width: 38rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.75rem; line-height: 1.2; }
.note { border-left: 0.3rem solid #505a5f; padding: 0.2rem 0 0.2rem 0.9rem; }
ul { list-style: none; margin: 0; padding: 0; }
li { margin: 0 0 0.75rem; }
button { font: inherit; text-align: left; width: 100%; padding: 0.6rem 0.9rem; border: 2px solid #1d4f7c;
  border-radius: 0; background: #fff; color: #1d4f7c; cursor: pointer; }
button:hover { background: #1d4f7c; color: #fff; }
button:focus-visible { outline: 3px solid #0b0c0c; outline-offset: 2px; }
`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
const SIGNS = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const safe = (text) => String(text).replace(/[&<>"']/g, (sign) => SIGNS[sign]);

function page(agency, title, body) {
  const html = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${safe(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${safe(title)}</h1>
${body}
</main>
</body>
</html>
`;
  // A form's answer may redirect only here and back to the application that sent the browser.
  const back = [...new Set(agency.redirect_uris.map((uri) => new URL(uri).origin))].join(' ');
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self' ${back}; `
      + "base-uri 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
  return { html, headers };
}

const button = (person) => (
  `<li><button type="submit" name="person" value="${safe(person.sub)}">`
  + `${safe([person.name, person.roles.join(' and ')].filter(Boolean).join(', '))}</button></li>`
);

export const loginPage = (agency) => page(agency, `Sign in to ${agency.name} (demo)`, `
<p class="note">This stands in for the agency's own sign-in. It is a demo: everybody here is invented, and there is no
password. Choose who to be.</p>
<form method="post">
<ul>
${agency.people.map(button).join('\n')}
</ul>
</form>`);

export const signOutPage = (agency, form) => page(agency, `Sign out of ${agency.name} (demo)`, `
${form}
<p><button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button></p>`);

export const signedOutPage = (agency) => page(agency, `You are signed out of ${agency.name} (demo)`, '');

export const failedPage = (agency, out) => page(agency, `${agency.name} (demo) could not sign you in`, `
<p>Go back to the application and sign in again.</p>
<p class="note">${safe([out.error, out.error_description].filter(Boolean).join(': '))}</p>`);
