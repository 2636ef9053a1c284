import path from "node:path";
import { DASHBOARD } from "../../../../components/nuclio/names.ts";
import { RELEASE } from "../../../../components/nuclio/names.ts";
import { registerRoute } from "../../cluster/routes.ts";
import { ensureService, serviceFolder, type RehearsalService } from "../service.ts";
import type { HandlerSource } from "./handlers.ts";
import type { NuclioStandInConfig } from "./main.ts";

const FUNCTIONS = path.resolve(import.meta.dirname, "../../../../functions");

/** Makes the small model. */
const MODELS = path.join(import.meta.dirname, "model");
const WRITE_MODEL =
  "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; from models import write_model; write_model(Path(sys.argv[2]))";

/**
 * Code that lies in this checkout. It is the code itself that answers; its model is a small one, which finds a red, a green and a blue
 * rectangle, for the real one has 200 MB and is nobody's to hand on.
 * @param folder where the model is written
 */
export function handlerSources(folder: string): HandlerSource[] {
  const model = path.join(folder, "colours.onnx");
  return [
    {
      image: "yolo11x",
      folder: path.join(FUNCTIONS, "yolo11x"),
      requirements: path.join(MODELS, "requirements.txt"),
      env: { DEVICE: "cpu", MODEL_PATH: model, MODEL_S3_URL: "", MODEL_SHA256: "" },
      prepare: [WRITE_MODEL, MODELS, model],
    },
  ];
}

/** Nuclio's dashboard and controller, for which no pod runs in a rehearsal. */
export const NUCLIO_SERVICE: RehearsalService = {
  name: "nuclio",
  wanted: ({ functions }) => Object.keys(functions).length > 0,
  async start({ home, plan: { lab }, cluster }) {
    const { namespace } = lab.cvat;
    const config: NuclioStandInConfig = {
      kubeconfig: cluster.kubeconfig,
      namespace,
      release: `${RELEASE}-nuclio`,
      handlers: handlerSources(serviceFolder(home, "nuclio")),
    };
    const script = path.join(import.meta.dirname, "main.ts");
    const { url, port } = await ensureService({ name: "nuclio", script, home, config });
    await registerRoute(home, { namespace, ...DASHBOARD, to: port });
    return {
      url,
      port,
      notes: [
        "Nuclio is a stand-in: it makes a function's objects from its description; no image is built or run, and yolo11x answers with a small model",
      ],
    };
  },
};
