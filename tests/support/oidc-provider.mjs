// A real provider of OpenID Connect (npm's oidc-provider) on a port of its own, for tests:
//   node oidc-provider.mjs MODULES FOLDER CLIENT SECRET REDIRECT_URI
// MODULES is where it is installed, FOLDER has `certificate.pem` and `key.pem` for https://localhost.
// Says `listening PORT`. Whoever signs in is who they say, with the groups that stand in the name: `alice+staff`.
// A line of JSON on standard input changes what it signs: {"claims": {…}, "head": {…}, "key": "own" | "other" | "none"}.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [modules, folder, client_id, client_secret, redirect_uri] = process.argv.slice(2);
const from = createRequire(join(modules, 'anything.js'));
const load = (name) => import(pathToFileURL(from.resolve(name)));
const { default: Provider } = await load('oidc-provider');
const { SignJWT, decodeJwt, decodeProtectedHeader } = await load('jose');

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const [own, other] = [pair(), pair()];
let change = {};

const server = createServer({
  cert: readFileSync(join(folder, 'certificate.pem')),
  key: readFileSync(join(folder, 'key.pem')),
});
await new Promise((done) => server.listen(0, 'localhost', done));
const { port } = server.address();

const provider = new Provider(`https://localhost:${port}`, {
  clients: [
    {
      client_id,
      client_secret,
      redirect_uris: [redirect_uri],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  jwks: { keys: [{ ...own.export({ format: 'jwk' }), kid: 'own', use: 'sig', alg: 'ES256' }] },
  cookies: { keys: ['only for tests'] },
  pkce: { required: () => true },
  claims: { openid: ['sub', 'preferred_username', 'groups'], profile: ['name'] },
  // Or they would be told only to those who ask with the access token.
  conformIdTokenClaims: false,
  findAccount: (_, id) => {
    const [name, ...groups] = id.split('+');
    return {
      accountId: id,
      claims: () => ({ sub: `person ${name}`, preferred_username: name, name, groups }),
    };
  },
});

// What it signs for a code, changed as a test wishes.
provider.use(async (context, next) => {
  await next();
  const token = context.path === '/token' && context.body?.id_token;
  if (!token || Object.keys(change).length === 0) return;
  const claims = without({ ...decodeJwt(token), ...change.claims });
  const head = without({ ...decodeProtectedHeader(token), ...change.head });
  if (change.key === 'none') {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    context.body.id_token = `${part({ ...head, alg: 'none' })}.${part(claims)}.`;
  } else {
    const key = change.key === 'other' ? other : own;
    context.body.id_token = await new SignJWT(claims).setProtectedHeader(head).sign(key);
  }
});

/** Null takes a field out. */
function without(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

server.on('request', provider.callback());
createInterface({ input: process.stdin })
  .on('line', (line) => {
    change = JSON.parse(line);
    console.log('changed');
  })
  // Whoever started it has ended.
  .on('close', () => process.exit(0));
console.log(`listening ${port}`);
