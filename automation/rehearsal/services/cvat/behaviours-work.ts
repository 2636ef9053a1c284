/**
 * What the stand-in holds to where jobs, quality and automatic annotation are concerned: by the section of facts/cvat-real-third-look.md
 * (`third`), or `measured` of CVAT 2.64.0 since. Tested in test/unit/cvat-standin-work.test.ts.
 */
export const WORK_BEHAVIOURS = {
  "third 2.2": "shows access tokens to their owner alone, none that are over, and lets none change any",
  "third 2.5": "lets a token for reading export to whoever downloads it, and into no bucket",
  "third 2.6": "changes no user and no password by a token",
  "rest 1.9": "gives nobody more than 50 tokens",
  "third 3.2": "moves a project's date with its tasks', and no date by nothing new",
  "third 6.1": "takes anybody for an assignee of tasks and jobs, and opens a job to no stranger",
  "third 6.2": "counts a task's jobs that are done and in validation",
  "third 6.3": "lets who has but the job change its state alone",
  "third 6.4": "filters jobs by the assignee's name, state, stage, type, and by having none",
  "third 6.5": "makes one ground-truth job of a task, by count, share or frames, and removes no other",
  "third 6.6": "compares annotations with the truth, once that is accepted and complete",
  "third 7.1": "has a function look at one frame, and stores nothing",
  "third 7.2": "passes a threshold on, maps labels and attributes, and drops what does not fit",
  "third 7.3": "runs once a task at a time, by whoever, and lists runs apart from requests",
  "third 7.4": "tells what is wrong by a run that fails, and shows it again while the next one waits",
  "third 7.5": "adds unless told to clean up first, and stores each 100 frames",
  "third 7.6": "stops a cancelled run after its frame, which then reads finished",
  "third 7.7": "leaves a run started whose node is lost, until it is deleted",
  "measured reasons": "tells of a function's failure in the words of Python's requests",
  "recorded events":
    "exports what one has done oneself, to administrators what all have, and gives the table to who asked for it",
  "third 8.3": "deletes a task with all that is its own",
  "third 8.4": "finds tasks by the date they were changed, and not by size or the date they were made",
} as const;
