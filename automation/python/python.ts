import { execa } from "execa";
import semver from "semver";
import { UserError } from "../../components/program/errors.ts";

/** What the packages in our requirements files need at least. */
export const MINIMUM = "3.10.0";

/** The Python of this machine. */
export interface Python {
  /** Absolute path, links followed. */
  executable: string;
  /** Such as `3.11.7`. */
  version: string;
  /** Such as `linux-x86_64`. */
  platform: string;
}

const INSTALL = "Install Python 3.11 or another from 3.10 on: apt-get install python3 python3-venv, or see python.org.";

// Debian has the module venv without ensurepip in it until python3-venv is installed.
const PROBE = `
import json, os, platform, sys, sysconfig
try:
    import ensurepip, venv
except ImportError:
    venv = None
print(json.dumps({
    "executable": os.path.realpath(sys.executable),
    "version": platform.python_version(),
    "platform": sysconfig.get_platform(),
    "venv": venv is not None,
}))`;

/**
 * `python3` of PATH.
 * @throws UserError where there is none, an older one than 3.10, or one without venv
 */
export async function findPython(env: NodeJS.ProcessEnv = process.env): Promise<Python> {
  const result = await execa("python3", ["-I", "-c", PROBE], { env, extendEnv: false, stdin: "ignore", reject: false });
  if (result.failed) throw new UserError(`There is no working python3 on PATH. ${INSTALL}`);
  const found = JSON.parse(result.stdout) as Python & { venv: boolean };
  const { executable, version, platform } = found;
  const plain = semver.coerce(version);
  if (!plain || semver.lt(plain, MINIMUM)) {
    throw new UserError(`${executable} is Python ${version}, which is too old. ${INSTALL}`);
  }
  if (!found.venv) {
    throw new UserError(
      `${executable} (Python ${version}) cannot make virtual environments. Install its venv module: apt-get install python3-venv.`,
    );
  }
  return { executable, version, platform };
}
