import type { Behaviour } from "../behaviour.ts";

const MEASURED = "measured on server 2.0.0";
const READ = "read at server 2.0.0";

/**
 * What the stand-in for ClearML's API does as the real one, and where that is known from. S: clearml/clearml-server at tag v2.0.0, the server
 * that the chart installs. Everything else of the API is answered as an endpoint that does not exist.
 */
export const BEHAVIOURS: readonly Behaviour[] = [
  {
    what: "It answers when the API server's Deployment is ready, and 503 before.",
    source: "rehearsal: pods run nothing",
    real: "of no server: pods run nothing in a rehearsal",
  },
  {
    what: "Key pairs are those in the environment of the API server's container, resolved from Secrets as a kubelet does.",
    source: "S config/basic.py, mongo/initialize/user.py; clearml.md 1.11",
    real: MEASURED,
  },
  {
    what: "Web users sign in with their name and password in the place of a key pair; the password is compared with its bcrypt hash.",
    source: "S service_repo/auth/auth.py authorize_credentials",
    real: MEASURED,
  },
  {
    what: "Pairs of webserver and tests are dead where web users are declared.",
    source: "S config/default/secure.conf",
    real: MEASURED,
  },
  {
    what: "Paths are /SERVICE.ACTION, or with /vN.NN before; others are a 400.",
    source: "S service_repo.py parse_endpoint_path",
    real: MEASURED,
  },
  {
    what: "An unknown endpoint is 404.0 and names itself.",
    source: "S service_repo.py _resolve_endpoint_from_call",
    real: MEASURED,
  },
  {
    what: "Every answer is an envelope of meta and data; errors have a code, a subcode and a text.",
    source: "S apicall.py",
    real: MEASURED,
  },
  {
    what: "No Authorization is 401.20, an unknown kind 401.10, a wrong pair 401.22, a bad or old token 401.30.",
    source: "S apierrors/errors.conf",
    real: MEASURED,
  },
  {
    what: "Tokens are signed with secure.auth.token_secret and say user, role, api_version and feature set.",
    source: "S payload/token.py, bll/auth",
    real: MEASURED,
  },
  {
    what: "A token is asked nothing but whether it was signed with this secret and is not too old: who is taken off the users keeps theirs until the secret is another.",
    source: "S service_repo/auth/auth.py authorize_token; clearml-real.md A1 (seen)",
    real: MEASURED,
  },
  {
    what: "A person may make API keys, list them without their secrets, and revoke them (an unknown one is 400.300); a declared pair may make none (400.301).",
    source: "S services/auth.py; clearml-real.md A13 (seen)",
    real: MEASURED,
  },
  {
    what: "API keys last until they are revoked, whatever becomes of the password; those of who is declared no more are gone at the next start.",
    source: "S mongo/initialize/user.py; clearml-real.md A1, C (seen)",
    real: MEASURED,
  },
  {
    what: "users.get_current_user by a declared pair is 400.300.",
    source: "clearml-real.md A13 (seen)",
    real: MEASURED,
  },
  {
    what: "debug.ping and server.info ask for no sign-in; the ping echoes its data.",
    source: "S schema/services/debug.conf, server.conf",
    real: MEASURED,
  },
  { what: "A queue named default is made when there is none.", source: "S mongo/initialize/util.py", real: READ },
  {
    what: "A queue's name is stripped, has 3 characters or more (400.800) and is unique (400.801).",
    source: "S database/model/queue.py",
    real: MEASURED,
  },
  {
    what: "The filter by name is a regular expression that matches anywhere and knows case; a malformed one is 400.21.",
    source: "S database/model/base.py",
    real: MEASURED,
  },
  {
    what: "Hidden queues are listed only by id, by name or with search_hidden.",
    source: "S services/queues.py _hidden_query",
    real: READ,
  },
  {
    what: "An unknown queue is 400.701; one with tasks is deleted only by force (400.702).",
    source: "S bll/queue/queue_bll.py",
    real: MEASURED,
  },
  {
    what: "A task is added to a queue without a look whether there is such a task; twice is 400.706.",
    source: "S bll/queue/queue_bll.py add_task",
    real: MEASURED,
  },
  {
    what: "Unknown fields of a request are ignored; one that is required and missing is 400.12.",
    source: "S schema/services/queues.conf",
    real: MEASURED,
  },
];
