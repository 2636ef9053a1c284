/**
 * What the stand-in holds to where backups are concerned: by the section of facts/cvat-real-third-look.md (`third`), of cvat-rest-measured.md
 * (`rest`), `recorded` of CVAT 2.64.0 (test/fixtures/cvat/backup-full.zip, backup-lightweight.zip and backup-zips.txt) or the file of CVAT's source
 * it was read in. Tested in test/unit/cvat-standin-backup.test.ts.
 */
export const BACKUP_BEHAVIOURS = {
  "third 3.1":
    "has projects backed up by who maintains or owns them, and tasks by who has them, whatever context they name",
  "third 3.1 storage": "fills an organization's storage with what is in the organization alone, unless for a superuser",
  "third 3.1 tokens": "lets a token for reading back up for a download, and into no bucket, the project's own neither",
  "third 3.1 download": "gives a backup to who asked for it, by key and token",
  "third 3.2": "gives an old backup out again until the project's date moves, which a task's own name does move",
  "third 3.2 creation":
    "puts a task that is being created in without jobs, and that backup again, which nobody can restore",
  "third 3.3": "writes guide, project, and of each task its media, itself and a job's annotations by name",
  "third 3.4": "restores for who may make projects, as his, in the organization that he names",
  "third 3.4 lost": "begins every job anew, of nobody, without issues, storages and a film's overlap",
  "third 3.4 jobs": "restores ground truth and replicas of consensus with what is drawn in them",
  "engine/serializers.py layout":
    "forgets which frames of the ground truth do not count, and how replicas are merged, and takes both again",
  "engine/backup.py": "restores the pictures and the film that a task takes of all there are, and no others",
  "third 3.5": "has pictures of a lightweight backup once each task is linked, and the film at once",
  "third 3.6": "restores nothing of what is wrong, and says why in Python's words; a moved point is not wrong",
  "third 3.7": "leaves projects, tasks and frames of an organization that is deleted",
  "third 3.9": "stands still where the worker of a backup dies, until somebody notices",
  "rest 3.14": "fails on pictures whose storage is gone",
  "rest 6.1": "writes a backup under the name that is given, over what is there, or one of name and date",
  "rest 6.2": "has a backup downloaded as often as wanted, whole, and breaks where its head is asked for",
  "rest 6.4": "goes by the target of a project, and a task by its own",
  "rest 6.5": "refuses locations, storages and tasks that are none, a second one meanwhile, and the old calls",
  "rest 6.7": "restores another each time, and says its number",
  "rest 6.9": "fails on a project with a task whose data failed, and passes over one that never got any",
  "rest 6.10": "fails on keys that are not there, and refuses a restore from nowhere",
  "recorded counts": "restores what CVAT backed up, to every job's digest",
  "recorded files": "writes of it what CVAT wrote",
  "engine/views.py": "moves a project's date with its guide, its labels and a new task",
  "engine/serializers.py": "keeps issues with what is said of them, as long as their job is there",
} as const;
