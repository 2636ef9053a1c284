import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clearmlCommand } from "../../automation/commands/clearml.ts";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { confIn, writePrivately } from "../../automation/verbs/clearml.ts";
import { agentConf, clearmlConf, type S3Access } from "../../components/clearml/conf.ts";
import { storeCredentials } from "../../components/clearml/deletion.ts";
import { asServerReads } from "../../components/clearml/server-settings.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const URLS = { web: "http://192.0.2.40", api: "http://192.0.2.41:8008", files: "http://192.0.2.42" };
/** Texts at which a careless writer of HOCON fails. */
const S3: S3Access = {
  endpoint: "192.0.2.30:9000",
  secure: false,
  region: "us-east-1",
  accessKey: "5d",
  secretKey: 'a#b"c\\ ${HOME} $x = 12h, {y}',
  bucket: "clearml",
};
const PASSWORD = '0123"#$: ${x}';

test("a person's file", () => {
  expect(clearmlConf({ urls: URLS, credentials: { accessKey: "anna", secretKey: "secret" }, s3: S3 })).toBe(`api {
  web_server: "http://192.0.2.40"
  api_server: "http://192.0.2.41:8008"
  files_server: "http://192.0.2.42"
  credentials {
    access_key: "anna"
    secret_key: "secret"
  }
}
sdk {
  aws {
    s3 {
      credentials: [
        {
          host: "192.0.2.30:9000"
          key: "5d"
          secret: "a#b\\"c\\\\ \${HOME} $x = 12h, {y}"
          secure: false
          multipart: false
          region: "us-east-1"
        }
      ]
    }
  }
  development {
    default_output_uri: "s3://192.0.2.30:9000/clearml"
  }
}
`);
});

test("without an object store nothing is said of one", () => {
  expect(clearmlConf({ urls: URLS })).not.toContain("sdk");
});

test.each([
  ["team/", "s3://192.0.2.30:9000/clearml/team"],
  ["team/a/", "s3://192.0.2.30:9000/clearml/team/a"],
  ["team-", "s3://192.0.2.30:9000/clearml/team-"],
])("keys that may use %s alone: artifacts go there, a person's and a task's", (prefix, uri) => {
  const s3 = { ...S3, prefix };
  for (const text of [clearmlConf({ urls: URLS, s3 }), agentConf({ urls: URLS, s3 })])
    expect(text).toContain(`default_output_uri: "${uri}"`);
});

test("an endpoint without a port is never written: ClearML would ask Amazon", () => {
  expect(() => clearmlConf({ urls: URLS, s3: { ...S3, endpoint: "192.0.2.30" } })).toThrow(/not a host with a port/);
});

test("the agent's file in the cluster has no secret, and takes settings over ours", () => {
  const text = agentConf({
    urls: URLS,
    s3: S3,
    over: { sdk: { aws: { s3: { region: "x" } } }, agent: { git_user: "r" } },
  });
  expect(text).not.toContain(S3.secretKey.slice(0, 3));
  expect(text).toContain("key: ${VISION_PLATFORM_S3_ACCESS_KEY}");
  expect(text).toContain('git_user: "r"');
  expect(text).toContain('region: "x"');
  expect(text).toContain('default_output_uri: "s3://192.0.2.30:9000/clearml"');
});

test("the agent's file is refused where it is not ASCII, with the key", () => {
  expect(() => agentConf({ urls: URLS, over: { agent: { git_user: "робот" } } })).toThrow(
    /must be ASCII, and one of vision-platform:clearml\.agent\.conf/,
  );
});

const OUTPUTS = {
  clearml: { webUrl: URLS.web, apiUrl: URLS.api, filesUrl: URLS.files },
  secrets: {
    clearml: {
      users: [
        { username: "anna", password: PASSWORD, s3: S3 },
        { username: "boris", password: "boris's" },
      ],
      agent: { accessKey: "AGENT", secretKey: "agent's", s3: S3 },
    },
  },
};

test("whose file it is", () => {
  expect(confIn(OUTPUTS, "boris").text).toBe(
    clearmlConf({ urls: URLS, credentials: { accessKey: "boris", secretKey: "boris's" } }),
  );
  expect(confIn(OUTPUTS, undefined).text).toContain('access_key: "AGENT"');
  expect(() => confIn(OUTPUTS, "ana")).toThrow(/no ClearML user `ana`. Did you mean `anna`\? Known: anna, boris/);
  expect(() => confIn({ secrets: {} }, "anna")).toThrow(/no ClearML yet/);
});

test("a store behind a private authority: where its certificate lies is asked for, and said where it is needed", () => {
  const [first] = OUTPUTS.secrets.clearml.users;
  const outputsWith = (s3: Partial<S3Access>) => ({
    ...OUTPUTS,
    secrets: {
      clearml: { ...OUTPUTS.secrets.clearml, users: [{ ...first, username: "anna", s3: { ...S3, ca: "PEM", ...s3 } }] },
    },
  });
  expect(() => confIn(outputsWith({ secure: true }), "anna")).toThrow(
    /--store-ca .* or write both files with --output/,
  );
  const behindTls = confIn(outputsWith({ secure: true }), "anna", "/etc/ssl/store-ca.crt");
  expect(behindTls.ca).toBe("PEM");
  expect(behindTls.text).toContain('verify: "/etc/ssl/store-ca.crt"');
  // Pods alone reach it by HTTPS.
  const inClear = confIn(
    outputsWith({ secure: true, outside: { endpoint: "192.0.2.31:9000", secure: false } }),
    "anna",
  );
  expect(inClear.ca).toBeUndefined();
  expect(inClear.text).not.toContain("verify");
});

test("the verb asks whose file it is to be", async () => {
  await expect(clearmlCommand().parseAsync(["conf"], { from: "user" })).rejects.toThrow(
    "Say whose: --for USERNAME, or --agent.",
  );
});

test("a file is readable by its owner alone, and overwritten only on purpose", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "clearml-conf-"));
  const file = path.join(folder, "clearml.conf");
  const mode = async () => ((await stat(file)).mode & 0o777).toString(8);
  await writePrivately(file, "one", false);
  expect(await mode()).toBe("600");
  await chmod(file, 0o644);
  await expect(writePrivately(file, "two", false)).rejects.toThrow(/there already\. --force/);
  expect(await readFile(file, "utf8")).toBe("one");
  await writePrivately(file, "two", true);
  expect([await readFile(file, "utf8"), await mode(), await readdir(folder)]).toEqual(["two", "600", ["clearml.conf"]]);
  await expect(writePrivately(path.join(folder, "none", "x"), "two", false)).rejects.toThrow(
    /cannot be written \(ENOENT\)/,
  );
  await rm(folder, { recursive: true });
});

describe("read back by the real programs", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "clearml-conf-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** What a Python program prints as JSON, with a clearml.conf and an environment of its own. */
  async function read(requirements: string, program: string, conf: string, env: Record<string, string> = {}) {
    const python = await pythonEnvironment(path.join(ROOT, requirements), { progress: silentProgress });
    const file = path.join(folder, "clearml.conf");
    await writeFile(file, conf);
    const { stdout } = await execa(python, ["-c", program], {
      env: { CLEARML_CONFIG_FILE: file, HOME: folder, TMPDIR: folder, PATH: process.env["PATH"] ?? "", ...env },
      extendEnv: false,
      cwd: folder,
    });
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as unknown;
  }

  const BUCKETS = {
    "s3://192.0.2.30:9000/clearml/x": {
      host: S3.endpoint,
      key: S3.accessKey,
      secret: S3.secretKey,
      secure: false,
      multipart: false,
      region: "us-east-1",
    },
    "s3://192.0.2.30:9000/models": {
      host: S3.endpoint,
      key: S3.accessKey,
      secret: S3.secretKey,
      secure: false,
      multipart: false,
      region: "us-east-1",
    },
  };

  const SDK = `
import json
from clearml.config import config
from clearml.backend_api import Session
from clearml.backend_api.session.defs import ENV_ACCESS_KEY
from clearml.backend_config.bucket_config import S3BucketConfigurations
from clearml.config import config_obj
buckets = S3BucketConfigurations.from_config(config.get("aws.s3"))
def fields(uri):
    found = buckets.get_config_by_uri(uri)
    return {name: getattr(found, name) for name in ("host", "key", "secret", "secure", "multipart", "region")}
print(json.dumps({
    "web": Session.get_app_server_host(), "api": Session.get_api_server_host(), "files": Session.get_files_server_host(),
    "access": config_obj.get("api.credentials.access_key"), "secret": config_obj.get("api.credentials.secret_key"),
    "output": config.get("development.default_output_uri"),
    "buckets": {uri: fields(uri) for uri in ("s3://192.0.2.30:9000/clearml/x", "s3://192.0.2.30:9000/models")},
}))`;

  test("a person's, by ClearML's SDK: every field", { timeout: 600_000 }, async () => {
    expect(await read("test/python/clearml/requirements.txt", SDK, confIn(OUTPUTS, "anna").text)).toEqual({
      ...URLS,
      access: "anna",
      secret: PASSWORD,
      output: "s3://192.0.2.30:9000/clearml",
      buckets: BUCKETS,
    });
  });

  const S3_ENV = { VISION_PLATFORM_S3_ACCESS_KEY: S3.accessKey, VISION_PLATFORM_S3_SECRET_KEY: S3.secretKey };

  test("the agent's in the cluster, by the SDK as a task's pod has it", { timeout: 600_000 }, async () => {
    const read_ = await read("test/python/clearml/requirements.txt", SDK, agentConf({ urls: URLS, s3: S3 }), {
      ...S3_ENV,
      CLEARML_API_ACCESS_KEY: "AGENT",
      CLEARML_API_SECRET_KEY: "agent's",
    });
    expect(read_).toMatchObject({ ...URLS, output: "s3://192.0.2.30:9000/clearml", buckets: BUCKETS });
  });

  const SERVER = `
import json, os
from clearml.backend_config.bucket_config import S3BucketConfigurations
from clearml.utilities.pyhocon import ConfigFactory
# As the server does with its environment. (clearml-server v2.0.0: config/basic.py)
def read(name):
    return ConfigFactory.parse_string("a.b: " + os.environ[name]).get("a.b")
buckets = S3BucketConfigurations.from_config({"credentials": read("STORE")})
def key(uri):
    found = buckets.get_config_by_uri(uri)
    return [found.key, found.secure, found.verify]
keys = {uri: key(uri) for uri in json.loads(os.environ["URIS"])}
print(json.dumps({"values": [read(name) for name in sorted(os.environ) if name.startswith("CLEARML__")], "keys": keys}))`;

  test(
    "values of the server's environment, and its delete job's key, by their parser",
    { timeout: 600_000 },
    async () => {
      const texts = [
        "*",
        "$lab",
        "${HOME}",
        'say "hi" \\o/',
        "a=b",
        "[a",
        "x,y",
        "a b#c",
        "12h",
        "yes",
        "{",
        "@x",
        "two\nlines",
        "",
      ];
      const json = ['"\\u00e9\\/\\ud83d\\ude00"', "5 "];
      const values = Object.fromEntries(
        [...texts, ...json].map((text, index) => [`CLEARML__V${String(index).padStart(2, "0")}`, text]),
      );
      const env = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, asServerReads(name, text)]));
      const uris = [S3.endpoint, "minio.example.com:443"].flatMap((host) => [
        `s3://${host}/clearml/a`,
        `s3://${host}/models/m.onnx`,
      ]);
      const outside = { endpoint: "minio.example.com:443", secure: true };
      const store = storeCredentials({ ...S3, secure: true, accessKey: "JOB", outside, ca: "PEM" });
      const found = await read("test/python/clearml/requirements.txt", SERVER, "", {
        ...env,
        STORE: store,
        URIS: JSON.stringify(uris),
      });
      const [verify, nobody] = ["/etc/vision-platform/object-store/ca.crt", ["", true, null]];
      expect(found).toEqual({
        values: [...texts, "é/😀", 5],
        // Nobody's key for another bucket: a model there stays. (clearml-real.md A2)
        keys: Object.fromEntries(uris.map((uri) => [uri, uri.includes("/models/") ? nobody : ["JOB", true, verify]])),
      });
    },
  );

  const AGENT = `
import json
from clearml_agent.session import Session
config = Session(only_load_config=True).config
print(json.dumps({
    "web": config.get("api.web_server"), "api": config.get("api.api_server"), "files": config.get("api.files_server"),
    "access": config.get("api.credentials.access_key"), "secret": config.get("api.credentials.secret_key"),
    "output": config.get("sdk.development.default_output_uri"), "s3": [dict(one) for one in config.get("sdk.aws.s3.credentials")],
    "git": config.get("agent.git_user", None),
}))`;
  const BUCKET = BUCKETS["s3://192.0.2.30:9000/models"];

  test("the agent's in the cluster, by clearml-agent: every field", { timeout: 600_000 }, async () => {
    const conf = agentConf({ urls: URLS, s3: S3, over: { agent: { git_user: "robot" } } });
    const env = { ...S3_ENV, CLEARML_API_ACCESS_KEY: "AGENT", CLEARML_API_SECRET_KEY: "agent's" };
    expect(await read("images/clearml-agent/requirements.txt", AGENT, conf, env)).toEqual({
      ...URLS,
      access: "AGENT",
      secret: "agent's",
      output: "s3://192.0.2.30:9000/clearml",
      s3: [BUCKET],
      git: "robot",
    });
  });

  test("an agent's outside the cluster, by clearml-agent", { timeout: 600_000 }, async () => {
    expect(await read("images/clearml-agent/requirements.txt", AGENT, confIn(OUTPUTS, undefined).text)).toMatchObject({
      access: "AGENT",
      secret: "agent's",
      s3: [BUCKET],
    });
  });
});
