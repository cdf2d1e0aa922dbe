// An OpenID Connect issuer on loopback, for demos and tests: it asks for a name and for no password.
//
//   node issuer.mjs '{"accounts": {"alice": ["lab"]}, "clients": [...]}'
//
// The settings are one JSON object, the first argument or $HUBDRIVES_ISSUER:
//   port             0 takes a free one
//   accounts         {login: [group, ...]}
//   clients          client metadata, https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata
//   access_seconds   how long access tokens live, up to a second less
//   refresh_seconds  how long refresh tokens live
//   rotate           whether each use of a refresh token ends it; a second use then ends all that came of the login
//
// When it listens it prints one line of JSON, {"url": ...}. What tests do behind a user's back is below /_issuer/.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { json, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

// On Node.js 20 the library complains as it is imported; nobody who reads that can act on it, and what is used works.
const { warn } = console;
console.warn = (line) => line.includes('Unsupported runtime') || warn(line);
const { Provider, interactionPolicy } = await import('oidc-provider');
console.warn = warn;

const settings = {
  port: 0, accounts: {}, clients: [], access_seconds: 3600, refresh_seconds: 86400, rotate: false,
  ...JSON.parse(process.argv[2] ?? process.env.HUBDRIVES_ISSUER),
};
const accounts = new Map(Object.entries(settings.accounts));
const faults = { delay_seconds: 0, failures: 0 };

// Everything that the library keeps; it looks at the end of each thing's life itself.
const store = new Map();
const within = (model) => [...store].filter(([key]) => key.startsWith(`${model}:`)).map(([, payload]) => payload);

function forget(condition) {
  for (const [key, payload] of store) if (condition(payload, key)) store.delete(key);
}

class Adapter {
  constructor(model) { this.model = model; }

  async upsert(id, payload) { store.set(`${this.model}:${id}`, payload); }

  async find(id) { return store.get(`${this.model}:${id}`); }

  async findByUid(uid) { return within(this.model).find((payload) => payload.uid === uid); }

  async consume(id) { store.get(`${this.model}:${id}`).consumed = Math.floor(Date.now() / 1000); }

  async destroy(id) { store.delete(`${this.model}:${id}`); }

  async revokeByGrantId(grantId) { forget((payload) => payload.grantId === grantId); }
}

// Whoever logs in agrees to what is asked: no page asks again.
const policy = interactionPolicy.base();
policy.remove('consent');

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const clientScopes = settings.clients.flatMap((client) => client.scope?.split(' ') ?? []);
const configuration = {
  adapter: Adapter,
  clients: settings.clients,
  scopes: [...new Set(['openid', 'offline_access', ...clientScopes])],
  claims: { openid: ['sub'], profile: ['preferred_username', 'groups'], email: ['email'] },
  findAccount(ctx, login) {
    const claims = { sub: login, preferred_username: login, email: `${login}@example.org`, groups: accounts.get(login) };
    return accounts.has(login) ? { accountId: login, claims: () => claims } : undefined;
  },
  async loadExistingGrant(ctx) {
    const { client, session, params } = ctx.oidc;
    const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope(params.scope);
    await grant.save();
    return grant;
  },
  // What introspection tells beside scope and times: as Keycloak does, where a client's own account is a user, too.
  async extraTokenClaims(ctx, { accountId, clientId }) {
    const login = accountId ?? `service-account-${clientId}`;
    return { sub: login, azp: clientId, preferred_username: login, email: `${login}@example.org` };
  },
  issueRefreshToken: (ctx, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: settings.rotate,
  ttl: {
    AccessToken: settings.access_seconds,
    ClientCredentials: settings.access_seconds,
    RefreshToken: settings.refresh_seconds,
    IdToken: 3600, Session: 86400, Grant: 86400, Interaction: 600, AuthorizationCode: 60,
  },
  // The default lets a token live 15 seconds longer than it says.
  clockTolerance: 0,
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: (ctx, client) => client.clientAuthMethod !== 'none' },
    revocation: { enabled: true, allowedPolicy: (ctx, client, token) => token.clientId === client.clientId },
  },
  interactions: { policy, url: (ctx, interaction) => `/login/${interaction.uid}` },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
};

const server = createServer();
await new Promise((resolve, reject) => { server.on('error', reject).listen(settings.port, '127.0.0.1', resolve); });
const url = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(url, configuration);
// The library looks at a client's metadata when the client first comes; whoever made a mistake wants to know now.
for (const client of settings.clients) await provider.Client.find(client.client_id);

// Each request for a token: which grant, whose, for which client, and why not.
const grants = [];
const owners = new Map();
provider.on('refresh_token.saved', (token) => owners.set(token.jti, token.accountId));
const note = (ctx, error) => {
  const { params, client, entities } = ctx.oidc;
  grants.push({
    grant: params?.grant_type ?? null,
    client: client?.clientId ?? null,
    login: entities.Account?.accountId ?? owners.get(params?.refresh_token) ?? null,
    error: error ? [error.message, error.error_detail].filter(Boolean).join(': ') : null,
  });
};
provider.on('grant.success', (ctx) => note(ctx));
provider.on('grant.error', note);
provider.on('server_error', (ctx, error) => console.error(error));

const page = (problem) => `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in</title>
<style>
  body { font: 1.1rem/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff; margin: 15vh auto; max-width: 22rem; padding: 1rem }
  label { display: block; font-weight: 600 }
  input, button { box-sizing: border-box; width: 100%; font: inherit; padding: .5rem; margin: .3rem 0 .8rem }
  [role=alert] { color: #a3000f }
</style>
<main>
  <h1>Sign in</h1>
  <p>An issuer for demos and tests: it asks for no password.</p>
  <form method="post">
    <label for="login">User name</label>
    <input id="login" name="login" required autofocus autocomplete="username" autocapitalize="none" spellcheck="false"
      ${problem ? 'aria-invalid="true" aria-describedby="problem"' : ''}>
    ${problem ? `<p id="problem" role="alert">${problem}</p>` : ''}
    <button>Sign in</button>
  </form>
</main>
</html>
`;

async function login(ctx) {
  // Fails unless this browser has begun to log in here.
  await provider.interactionDetails(ctx.req, ctx.res);
  const given = ctx.method === 'POST' ? new URLSearchParams(await text(ctx.req)).get('login')?.trim() : undefined;
  if (accounts.has(given)) {
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, { login: { accountId: given } }));
    ctx.status = 303;
    return;
  }
  ctx.type = 'html';
  ctx.status = given === undefined ? 200 : 422;
  ctx.body = page(given === undefined ? '' : 'There is no account of this name.');
}

const doors = {
  'GET /_issuer/grants': async (ctx) => { ctx.body = grants; },
  // All that the user has here is gone: sessions, grants, tokens.
  'POST /_issuer/revoke': async (ctx) => {
    const { login: whose } = await json(ctx.req);
    forget((payload) => payload.accountId === whose);
    ctx.status = 204;
  },
  // The access tokens end now; the refresh tokens live on.
  'POST /_issuer/expire': async (ctx) => {
    const { login: whose } = await json(ctx.req);
    forget((payload, key) => key.startsWith('AccessToken:') && payload.accountId === whose);
    ctx.status = 204;
  },
  // The token endpoint waits {"delay_seconds"} before each answer, and fails {"failures"} times.
  'POST /_issuer/faults': async (ctx) => {
    Object.assign(faults, await json(ctx.req));
    ctx.status = 204;
  },
};

provider.use(async (ctx, next) => {
  const door = doors[`${ctx.method} ${ctx.path}`];
  if (door) return door(ctx);
  if (ctx.path.startsWith('/login/')) return login(ctx);
  if (ctx.path === '/token') {
    await sleep(faults.delay_seconds * 1000);
    if (faults.failures > 0) {
      faults.failures -= 1;
      ctx.status = 503;
      ctx.body = { error: 'temporarily_unavailable' };
      return undefined;
    }
  }
  return next();
});

server.on('request', provider.callback());
console.log(JSON.stringify({ url }));
