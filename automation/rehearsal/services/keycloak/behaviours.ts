import type { Behaviour } from "../behaviour.ts";

const MEASURED = "measured on 26.7.3";
const FACTS = "sign-in-parts.md 2";
const TRIED = "test/sso/keycloak/record.test.ts, which runs the same cases on a real one";

/** What the stand-in for Keycloak's admin API does as the real one, and where that is known from. Nobody signs in, and no other token is given. */
export const BEHAVIOURS: readonly Behaviour[] = [
  {
    what: "A PUT of a client merges: a switch or text that is not named stays, its client id too.",
    source: FACTS,
    real: MEASURED,
  },
  { what: "A list that is named is replaced whole.", source: FACTS, real: MEASURED },
  { what: "Attributes are merged key by key; an empty text or null takes one away.", source: FACTS, real: MEASURED },
  {
    what: "Flows of a client's own are merged as attributes are: {} takes none away, an empty text does.",
    source: TRIED,
    real: MEASURED,
  },
  {
    what: "Mappers that are named are the whole set: ids are kept by name, others are deleted.",
    source: FACTS,
    real: MEASURED,
  },
  {
    what: "Scopes of a client count where it is made, and a PUT takes no notice of them; they have calls of their own, which may be done twice.",
    source: FACTS,
    real: MEASURED,
  },
  {
    what: "Scopes that the realm has not are left out of a new client without a word.",
    source: TRIED,
    real: MEASURED,
  },
  {
    what: "A client that gets another protocol gets that one's default scopes.",
    source: TRIED,
    real: MEASURED,
  },
  { what: "An unknown field is 400 and named; an unknown attribute is taken.", source: FACTS, real: MEASURED },
  { what: "A redirect address with a fragment is 400; with a pattern it is taken.", source: FACTS, real: MEASURED },
  {
    what: "A second client of one name is 409 at the create, and 409 of another form where one is renamed to it.",
    source: FACTS,
    real: MEASURED,
  },
  { what: "A filter by client id is exact, and shows the secret.", source: FACTS, real: MEASURED },
  { what: "Lists of texts and mappers come back in any order.", source: FACTS, real: MEASURED },
  {
    what: "What nobody said comes back by its default: full scope and the standard flow are on, realm_client is there.",
    source: FACTS,
    real: MEASURED,
  },
  {
    what: "adminUrl becomes rootUrl where a client is made with one, and never later.",
    source: FACTS,
    real: MEASURED,
  },
  {
    what: "A new audience mapper gets userinfo.token.claim, and a PUT of a mapper introspection.token.claim.",
    source: FACTS,
    real: MEASURED,
  },
  {
    what: "A secret that is sent is taken; one that Keycloak makes has 86 characters and the time of its making as an attribute.",
    source: FACTS,
    real: MEASURED,
  },
  {
    what: "A public client has no secret, and gets a new one when it is confidential again.",
    source: FACTS,
    real: MEASURED,
  },
  {
    what: "Authorization services make a role uma_protection, which stays when they are switched off; then they are not mentioned.",
    source: TRIED,
    real: MEASURED,
  },
  {
    what: "An unknown realm is 404, a bad token 401, a second DELETE 404.",
    source: FACTS,
    real: MEASURED,
  },
  {
    what: "An administrator's token lives 60 s; one of a service account as long as the realm says, or the client by access.token.lifespan.",
    source: TRIED,
    real: MEASURED,
  },
  {
    what: "A wrong secret is 401 unauthorized_client, an unknown or disabled client 401 invalid_client, a wrong password 400 invalid_grant.",
    source: TRIED,
    real: MEASURED,
  },
  {
    what: "manage-clients works on clients, their roles and scopes; users, groups and flows are 403, and of the realm it shows the name.",
    source: TRIED,
    real: MEASURED,
  },
];
