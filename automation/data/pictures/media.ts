/** What CVAT takes a file for. It goes by the name alone: a file that is none of these is left out of a prefix, and of an archive. */
export type Media = "picture" | "film" | "archive" | "pdf" | "other";

/** Endings that CVAT takes for pictures. (cvat/apps/engine/media.mimetypes, and those that Python's mimetypes knows by itself) */
const PICTURES = words(`
  3ds ag arw avif bay bin bmp bmq cgm cr2 crw cs1 cs2 cur dcr dds djv djvu dng dwg dxf emf eps epsf epsi erf exr fff fig fits g3 gif hdr heic heif
  hrd icb icns ico ief iff ilbm jng jp2 jpe jpeg jpf jpg jpx k25 kdc lbm lwo lwob lws mdc mdi mos mrw msod nef ora orf pbm pcd pct pcx pcd pef pgm pic
  pict pict1 pict2 png pnm pntg pnx ppm psd qif qtif raf ras raw rdc rgb rle rp rw2 sgi sk sk1 sr2 srf sun tga tif tiff tpic vda vst wbmp webp wmf
  x3f xbm xcf xpm xwd`);

const FILMS = words(`
  3g2 3ga 3gp 3gp2 3gpp 3gpp2 avf avi axv bdm bdmv clpi cpi divx dv f4v flc fli flv fxm lrv m1u m1v m2t m2ts m4u m4v mk3d mkv mng moov mov movie mp2
  mp4 mpa mpe mpeg mpg mpl mpls mts mxf mxu nsv ogg ogm ogv qt qtvr rv rvx ts viv vivo vob webm wmp wmv`);

const ARCHIVES = words(
  "7z bz bz2 cpio gtar gz lha lhz lz lz4 lzh lzma lzo rar tar taz tb2 tbz tgz tlrz txz tzo xz z zip",
);

/** What may stand behind an ending without changing what Python takes the file for: photo.jpg.gz is a picture to CVAT, and fails. */
const ENCODINGS = words("gz bz2 z xz br");

const DOT = 0x2e;

/** The formats that an ending promises, where a picture is looked into. */
const PROMISED: Partial<Record<string, string>> = {
  jpg: "JPEG",
  jpeg: "JPEG",
  jpe: "JPEG",
  png: "PNG",
  webp: "WebP",
  tif: "TIFF",
  tiff: "TIFF",
  gif: "GIF",
  bmp: "BMP",
};

export function mediaOf(name: string): Media {
  let ending = endingOf(name);
  if (ENCODINGS.has(ending)) {
    const inner = endingOf(name.slice(0, -ending.length - 1));
    if (PICTURES.has(inner) || FILMS.has(inner)) ending = inner;
  }
  if (PICTURES.has(ending)) return "picture";
  if (FILMS.has(ending)) return "film";
  if (ARCHIVES.has(ending)) return "archive";
  return ending === "pdf" ? "pdf" : "other";
}

/** The format that a name promises. Undefined: none that is looked into. */
export function promisedFormat(name: string): string | undefined {
  return PROMISED[endingOf(name)];
}

function endingOf(name: string): string {
  return extensionOf(name).slice(1).toLowerCase();
}

/** The last ending with its dot, as Python's os.path.splitext has it: "" of `.hidden` and of `name`. */
export function extensionOf(name: string): string {
  const base = baseName(name);
  const dot = base.lastIndexOf(".");
  if (dot <= 0) return "";
  return base.charCodeAt(0) !== DOT || /[^.]/.test(base.slice(0, dot)) ? base.slice(dot) : "";
}

function baseName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
