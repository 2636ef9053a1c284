/**
 * What the stand-in holds to where labels and annotations are concerned: by the section of facts/cvat-real-third-look.md (`third`), of
 * cvat-rest-measured.md (`rest`), of cvat-real-second-look.md (`second`), the file of CVAT's source it was read in, `recorded` or `measured` of CVAT
 * 2.64.0 since (test/fixtures/cvat/recorded-2.64.jsonl), or `inferred`, where CVAT was not seen to do so, or does otherwise. Tested in test/unit/cvat-standin-annotations.test.ts.
 */
export const ANNOTATION_BEHAVIOURS = {
  "rest 4.3": "adds, renames and removes labels, and gives a renamed one another colour unless one is sent",
  "third 3.3": "keeps skeletons with their points and drawing, attributes and colours",
  "second 4": "takes annotations by PUT and PATCH, and gives what is updated other ids",
  "dataset_manager/task.py": "refuses labels and attributes that are not the task's, and drops what lies on no frame",
  "rest 5.1": "puts a file's boxes in the place of all that is there, or leaves all as it was",
  "rest 5.2": "matches full names, also below a folder, and names of a subset",
  "rest 5.3": "finds no flat names where the list lies beside them, unless the pictures are there too",
  "rest 5.4": "fails on a picture that is unknown or has no labels, and takes blank labels and boxes outside",
  "rest 5.5": "fails on a label that the task does not have, and takes names beyond those used",
  "rest 5.6": "fails on what is no YOLO, no archive and not there",
  "rest 5.7": "refuses formats, storages and file names that are none, and an import while one is under way",
  "rest 5.8": "goes by a task's own source storage, not its project's",
  "rest 5.9": "fails on a task without data, which has no annotations to show or remove",
  "rest 6.6": "exports annotations into a bucket under the name that is given, and refuses unknown formats",
  "rest 6.2": "has an export downloaded by who asked for it",
  "third 3.2": "gives an old export out again where nothing moved the task's date",
  "third 5.1": "lists the subsets of a project that are in use, and filters tasks by them",
  "third 5.2": "exports a project's subsets with their pictures' names, and a task's without",
  "third 6.5": "keeps a ground-truth job's annotations out of the task's",
  "dataset_manager/formats/cvat.py":
    "reads and writes CVAT's own files, tracks with what lies between their key frames",
  "measured upload":
    "takes a file of annotations in pieces, as cvat-sdk sends it, and looks for it in the task's source storage",
  "engine/serializers.py": "gives an attribute without values back with one that is empty",
  "recorded attributes": "shows an attribute that was not sent with its default value",
  "inferred tracks": "keeps a track whole, in the job that it begins in, where CVAT cuts it at the ends of jobs",
  "recorded YOLO": "writes YOLO 1.1 with a list and a folder for each subset, under its own name, a task's too",
  "recorded train": "puts tasks without a subset into YOLO's `train`, or the subset that is called so in other letters",
  "recorded films": "counts the frames of a subset through in a project's export",
  "recorded COCO": "reads and writes COCO's instances, with the attributes of labels",
  "recorded Ultralytics": "reads and writes Ultralytics' folders, and no file for a picture without boxes",
} as const;
