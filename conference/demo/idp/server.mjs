// The demo's identity provider: one process, one OpenID Connect issuer for each agency, under a path of its own.
//
// It asks for no password: whoever opens its page chooses who to be. So it listens on 127.0.0.1 only, and
// `conference.demo.idp` starts it for the demo and the tests and for nothing else.
//
// The first line of its input is JSON: {port, agencies: [{id, name, client_id, client_secret?, redirect_uris,
// post_logout_redirect_uris, algorithm?, acr?, amr?, people: [{sub, name, roles}]}]}. It prints `ready` when it
// answers, and ends when its input does, which is when whoever started it is gone.

import { generateKeyPair, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { failedPage, loginPage, signedOutPage, signOutPage } from './pages.mjs';

const HOUR = 3600;

console.info = console.warn = () => {}; // the library's notices are about production
const { default: Provider } = await import('oidc-provider');

async function signingKey(algorithm) {
  const [kind, options] = algorithm === 'ES256' ? ['ec', { namedCurve: 'P-256' }] : ['rsa', { modulusLength: 2048 }];
  const { privateKey } = await promisify(generateKeyPair)(kind, options);
  return { ...privateKey.export({ format: 'jwk' }), alg: algorithm, use: 'sig', kid: randomUUID() };
}

function clientOf(agency) {
  return {
    client_id: agency.client_id,
    ...(agency.client_secret
      ? { client_secret: agency.client_secret, token_endpoint_auth_method: 'client_secret_basic' }
      : { token_endpoint_auth_method: 'none' }),
    redirect_uris: agency.redirect_uris,
    post_logout_redirect_uris: agency.post_logout_redirect_uris,
    response_types: ['code'],
    grant_types: ['authorization_code'],
    id_token_signed_response_alg: agency.algorithm,
  };
}

function put(ctx, page) {
  ctx.set(page.headers);
  ctx.body = page.html;
}

// There is nothing to agree to: signing in is all that the application asks for.
async function grantOf(ctx) {
  const { client, session, provider } = ctx.oidc;
  const known = session.grantIdFor(client.clientId);
  const grant = (known && await provider.Grant.find(known))
    || new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope('openid');
  await grant.save();
  return grant;
}

// The application's own sign-out shows whose it is, and needs no second click. Without that we ask.
async function signOut(ctx, agency, form) {
  const { session, params, provider, entities } = ctx.oidc;
  if (!entities.IdTokenHint || entities.IdTokenHint.payload.sub !== session.accountId) {
    put(ctx, signOutPage(agency, form));
    return;
  }
  await session.destroy();
  ctx.cookies.set(provider.cookieName('session'), null, { path: `/${agency.id}` });
  ctx.status = 303;
  ctx.redirect(params.post_logout_redirect_uri ?? ctx.oidc.urlFor('end_session_success'));
}

// Whoever is signed out already goes straight back; here too the library would need a script.
async function nobodyToSignOut(ctx, next) {
  await next();
  if (ctx.oidc?.route !== 'end_session' || ctx.status !== 200 || ctx.oidc.session.accountId) return;
  ctx.status = 303;
  ctx.redirect(ctx.oidc.params.post_logout_redirect_uri ?? ctx.oidc.urlFor('end_session_success'));
}

function configurationOf(agency, key) {
  const cookie = { httpOnly: true, sameSite: 'lax', path: `/${agency.id}` };
  return {
    clients: [clientOf(agency)],
    jwks: { keys: [key] },
    scopes: ['openid'],
    claims: { openid: ['sub', 'acr', 'amr', 'auth_time'] },
    acrValues: [agency.acr],
    conformIdTokenClaims: false,
    enabledJWA: { idTokenSigningAlgValues: [agency.algorithm] },
    pkce: { required: () => true },
    responseTypes: ['code'],
    cookies: {
      keys: [randomUUID()],
      names: {
        session: `idp_${agency.id}`,
        interaction: `idp_${agency.id}_interaction`,
        resume: `idp_${agency.id}_resume`,
      },
      long: cookie,
      short: { httpOnly: true, sameSite: 'lax' },
    },
    ttl: {
      AccessToken: HOUR, AuthorizationCode: 60, Grant: 12 * HOUR, IdToken: HOUR, Interaction: HOUR, Session: 12 * HOUR,
    },
    findAccount: (_ctx, sub) => (
      agency.people.some((person) => person.sub === sub)
        ? { accountId: sub, claims: () => ({ sub }) }
        : undefined
    ),
    loadExistingGrant: grantOf,
    interactions: { url: (_ctx, interaction) => `/${agency.id}/interaction/${interaction.uid}` },
    renderError: (ctx, out) => put(ctx, failedPage(agency, out)),
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => signOut(ctx, agency, form),
        postLogoutSuccessSource: (ctx) => put(ctx, signedOutPage(agency)),
      },
    },
  };
}

async function bodyOf(request) {
  let body = '';
  for await (const part of request) {
    body += part;
    if (body.length > 4096) throw new Error('too long');
  }
  return new URLSearchParams(body);
}

// Somebody else takes over this browser: the library would send a page that submits itself by script.
async function forget(provider, interaction) {
  const session = await provider.Session.findByUid(interaction.session.uid);
  await session?.destroy();
  interaction.session = undefined;
  await interaction.save(interaction.exp - Math.floor(Date.now() / 1000));
}

// The one page of the login: GET shows the people, POST says which of them it is.
async function interact(provider, agency, request, response) {
  const interaction = await provider.interactionDetails(request, response); // refuses another browser's
  if (request.method === 'GET') {
    const page = loginPage(agency);
    response.writeHead(200, page.headers).end(page.html);
    return;
  }
  const sub = (await bodyOf(request)).get('person');
  if (!agency.people.some((person) => person.sub === sub)) throw new Error('nobody of this agency');
  if (interaction.session?.accountId && interaction.session.accountId !== sub) {
    await forget(provider, interaction);
  }
  await provider.interactionFinished(request, response, {
    login: { accountId: sub, acr: agency.acr, amr: agency.amr, remember: false },
  });
}

async function roomOf(origin, agency) {
  const whole = { algorithm: 'RS256', acr: 'second-factor', amr: ['pwd', 'otp', 'mfa'], ...agency };
  const provider = new Provider(`${origin}/${whole.id}`, configurationOf(whole, await signingKey(whole.algorithm)));
  provider.use(nobodyToSignOut);
  return { agency: whole, provider, handle: provider.callback() };
}

function answer(rooms, host, request, response) {
  const [, id, rest] = /^\/([^/?]+)(\/[^?]*)?/.exec(request.url) ?? [];
  const room = rooms.get(id);
  if (request.headers.host !== host || !room || !rest) {
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('There is no such page.\n');
    return;
  }
  if (/^\/interaction\/[\w-]+$/.test(rest)) {
    interact(room.provider, room.agency, request, response).catch(() => {
      const page = failedPage(room.agency, { error: 'this sign-in is over, or began in another browser' });
      response.writeHead(400, page.headers).end(page.html);
    });
    return;
  }
  request.originalUrl = request.url;
  request.url = request.url.slice(id.length + 1);
  room.handle(request, response);
}

async function main() {
  const lines = createInterface({ input: process.stdin });
  lines.once('close', () => process.exit(0));
  const [config] = await new Promise((found) => { lines.once('line', (line) => found([JSON.parse(line)])); });
  const server = createServer();
  await new Promise((listening, failed) => {
    server.once('error', failed);
    server.listen(config.port ?? 0, '127.0.0.1', listening);
  });
  const host = `127.0.0.1:${server.address().port}`;
  const rooms = await Promise.all(config.agencies.map((agency) => roomOf(`http://${host}`, agency)));
  const byId = new Map(rooms.map((room) => [room.agency.id, room]));
  server.on('request', (request, response) => answer(byId, host, request, response));
  console.log(`ready ${server.address().port}`);
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
