// A certified OpenID provider for the tests, on a free port of 127.0.0.1. It prints its address when it listens.
// Its people are what the test last sent to /people; a sign-in there is a name in a form.
import { once } from "node:events";
import http from "node:http";

// server.mjs token|userinfo SECONDS: where claims stand, and the moment at which the tests' clock stands still.
const [, , where, moment] = process.argv;
Date.now = () => Number(moment) * 1000;
const { default: Provider } = await import("oidc-provider");

const people = {};

async function body(request) {
  let text = "";
  for await (const piece of request) text += piece;
  return text;
}

const server = http.createServer();
server.listen(0, "127.0.0.1");
await once(server, "listening");
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: "tavlen",
    client_secret: "en-hemmelighed-der-kun-er-til-test",
    redirect_uris: ["http://testserver/konto/gennem/kommunen/svar/"],
    token_endpoint_auth_method: "client_secret_basic",
  }],
  acrValues: ["niveau-1", "niveau-2"],
  scopes: ["openid", "profile", "email", "groups"],
  claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"], groups: ["groups"], acr: null },
  conformIdTokenClaims: where === "userinfo",
  pkce: { required: () => true, methods: ["S256"] },
  cookies: { keys: ["kun-til-test"] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/sign-in/${interaction.uid}` },
  findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id].claims }) },
});

provider.use(async (context, next) => {
  if (context.path === "/people") {
    for (const id of Object.keys(people)) delete people[id];
    Object.assign(people, JSON.parse(await body(context.req)));
    context.status = 204;
    return;
  }
  if (!context.path.startsWith("/sign-in/")) { await next(); return; }
  const { params } = await provider.interactionDetails(context.req, context.res);
  if (context.method === "GET") {
    context.type = "html";
    context.body = '<form method="post"><input name="login"><button>Log ind</button></form>';
    return;
  }
  const login = new URLSearchParams(await body(context.req)).get("login");
  if (login === "fortryd") {
    await provider.interactionFinished(context.req, context.res, { error: "access_denied" });
    return;
  }
  const grant = new provider.Grant({ accountId: login, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  await provider.interactionFinished(context.req, context.res, {
    login: { accountId: login, acr: people[login].acr }, consent: { grantId: await grant.save() },
  });
});

server.on("request", provider.callback());
console.log(issuer);
