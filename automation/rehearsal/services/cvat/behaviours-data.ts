/**
 * What the stand-in holds to where a task's data, its pictures and requests are concerned: by the section of facts/cvat-real-third-look.md
 * (`third`), of cvat-rest-measured.md (`rest`), or `recorded` of CVAT 2.64.0 (test/fixtures/cvat/recorded-2.64.jsonl, recorded-uploads-2.64.jsonl). Tested in
 * test/unit/cvat-standin-data.test.ts.
 */
export const DATA_BEHAVIOURS = {
  "rest 4.5": "queues a task's data, starts and finishes it, and says 0 of its progress to the end",
  "rest 4.6": "takes names, folders, patterns and exclusions, and passes over what is no media",
  "rest 4.8": "refuses more data, and a call while one waits, whose files it keeps all the same",
  "rest 4.12": "forgets a finished creation after 500 s, in HTML",
  "rest 4.14": "cancels what waits, and nothing else",
  "rest 4.15": "shows a picture as the bucket has it, and says when it is gone or its storage is",
  "third 3.5": "has pictures come from another storage by the task's meta, and no foreign one",
  "third 3.9": "leaves a request started whose worker died, and answers 400 for one of a deleted task",
  "third 4.1": "copies a film, which stays when the object goes",
  "third 4.2": "cuts a film into jobs that overlap by 5",
  "third 4.3": "takes a film's start, stop and step, and counts its frames from 0",
  "third 4.4": "fails on two films, a film beside a picture, nothing and rubbish, in Python's words",
  "third 4.5": "shows a film's frames and chunks by number",
  "third 4.6": "believes the length that a film's manifest says, and fails on such a manifest alone",
  "third 6.7": "makes replicas of jobs where consensus is asked for",
  "third 9.2": "sorts as asked, by code point unless told otherwise",
  "third 9.3": "reads a manifest's names from its own folder",
  "third 9.4": "believes a manifest's sizes, and refuses records without",
  "third 9.5": "refuses manifests that are none",
  "third 9.6": "keeps a manifest's order when it is predefined, and refuses a random one",
  "third 10.1": "lists one's own requests by status, action, target, task and project, and fails on other filters",
  "third 10.3": "breaks where only the head of a project or a task is asked for",
  "engine/task.py": "keeps the size and overlap that a task's jobs got, and makes no more than 1000 of them",
  "engine/cloud_provider.py": "reads the size of a picture from its head, turned as EXIF says, and fails on rubbish",
  "recorded task without data": "breaks where a task without data is asked what it is made of",
  "recorded upload": "takes a picture piece by piece, as the task's own, which needs no bucket and goes with the task",
  "recorded picture of no bytes": "fails on a picture without a byte, and names it",
} as const;
