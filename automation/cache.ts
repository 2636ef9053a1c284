export { cacheFolder } from "../loader/cache-folder.mjs";
