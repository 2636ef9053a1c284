/** A runtime of Nuclio, and how it reads the name of a handler. */
interface Runtime {
  name: string;
  handler: RegExp;
  /** What a handler must be, and an example. */
  form: string;
}

const ENTRY = /^[^\s:]+(:[^\s:]+)?$/;
const ENTRY_FORM = "one name, or two with ':' between them";

/** (nuclio: processor/runtime/*) What does not fit ends the processor at its start. */
const RUNTIMES: readonly Runtime[] = [
  // _nuclio_wrapper.py, _load_entrypoint_from_handler
  { name: "python", handler: /^[\w-]+(\.[\w-]+)*:\w+$/, form: "MODULE:FUNCTION, such as main:handler" },
  // Go's plugins give out exported names only.
  {
    name: "golang",
    handler: /^([^\s:]+:)?\p{Lu}\w*$/u,
    form: "PACKAGE:FUNCTION with an exported function, such as main:Handler",
  },
  { name: "nodejs", handler: ENTRY, form: ENTRY_FORM },
  { name: "java", handler: ENTRY, form: ENTRY_FORM },
  { name: "ruby", handler: ENTRY, form: ENTRY_FORM },
  { name: "shell", handler: ENTRY, form: ENTRY_FORM },
  { name: "dotnetcore", handler: ENTRY, form: ENTRY_FORM },
];

/** What is wrong with a runtime, if anything: Nuclio deploys every one, and its pods then end at once. */
export function runtimeProblem(runtime: string): string | undefined {
  return runtimeOf(runtime) === undefined
    ? `must be a runtime of Nuclio such as python:3.11: ${RUNTIMES.map(({ name }) => name).join(", ")}, with or without :VERSION`
    : undefined;
}

/** What of a handler its runtime cannot load, if anything. */
export function handlerProblem(runtime: string, handler: string): string | undefined {
  const known = runtimeOf(runtime);
  return known === undefined || known.handler.test(handler)
    ? undefined
    : `is none that the runtime ${runtime} can load; it must be ${known.form}`;
}

function runtimeOf(runtime: string): Runtime | undefined {
  const [, name] = /^([a-z]+)(?::[a-z0-9.]+)?$/.exec(runtime) ?? [];
  return RUNTIMES.find((one) => one.name === name);
}
