import { serve, type OwnServer } from "./own-server.ts";

/** Pages that say where they are: CVAT's own, and those of others. */
export const startPages = (name: string): Promise<OwnServer> =>
  serve((request, response) => {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    // A path is a browser's own writing.
    const path = (request.url ?? "").replace(/[^\w/?=&%.-]/g, "");
    response.end(`<!doctype html><title>${name}</title><h1 id="${name}">${name}</h1><p id="path">${path}</p>`);
  });
