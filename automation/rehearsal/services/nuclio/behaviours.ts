import type { Behaviour } from "../behaviour.ts";

const MEASURED = "measured on 1.13.0 and 1.14.1";
const READ = "read at 1.14.1";

/**
 * What the stand-in for Nuclio does as the real one, and where that is known from. F: the project's measured facts (nuclio.md), which read
 * nuclio/nuclio at 9e837f6a (1.14.1); R: nuclio-real.md, measured of 1.13.0 and 1.14.1 as they ran; S: that source itself. What is not
 * here is not done.
 */
export const BEHAVIOURS: readonly Behaviour[] = [
  {
    what: "Functions and projects are NuclioFunction and NuclioProject objects in the cluster.",
    source: "F 2a",
    real: MEASURED,
  },
  {
    what: "GET /api/functions gives a map by name; with x-nuclio-project-name only that project's.",
    source: "F 2c",
    real: MEASURED,
  },
  {
    what: "GET of an unknown function is 404.",
    source: "S dashboard/resource/function.go getFunction",
    real: MEASURED,
  },
  {
    what: "POST of a function is 202 with an empty body once the object is stored; of a known name 409.",
    source: "F 2c",
    real: MEASURED,
  },
  {
    what: "PUT is an upsert by the name in the body, 202; while the function is being provisioned 412.",
    source: "F 2c",
    real: MEASURED,
  },
  {
    what: "PUT replaces spec and annotations; labels stay those of the first POST.",
    source: "F 2c, S client/deployer.go",
    real: READ,
  },
  { what: "A project that does not exist is 412.", source: "F 2c", real: MEASURED },
  {
    what: "Reserved names are 412; a bad trigger, service type or name is 400.",
    source: "S abstract/platform.go",
    real: MEASURED,
  },
  {
    what: "PATCH desiredState ready is 202 without a build; without an image 412; another state 400.",
    source: "F 2c, S function.go",
    real: "measured on 1.13.0 and 1.14.1; its 412 and 400 read at 1.14.1",
  },
  {
    what: "DELETE is 204, also of what is gone; while provisioning 412 unless the header allows it.",
    source: "F 2c",
    real: MEASURED,
  },
  {
    what: "Projects: POST 201 and 409, DELETE 204, 412 while it holds functions and for `default`.",
    source: "F 2c, S platform/errors.go",
    real: MEASURED,
  },
  { what: "Errors are JSON with error and errorStackTrace.", source: "F 2c", real: MEASURED },
  {
    what: "Enrichment: default trigger, numWorkers, security context, resources, replicas, pull secret.",
    source: "F 2c, S abstract/platform.go EnrichFunctionConfig",
    real: MEASURED,
  },
  {
    what: "An empty description, and annotations without one, are left out of every answer; a text that is none is 400.",
    source: "S functionconfig/types.go Meta and Spec (omitempty), dashboard/resource/function.go",
    real: "read at 1.14.1; the 400 measured there",
  },
  {
    what: "Keys directly under spec that the release does not know are dropped; runtimeClassName before 1.15.20.",
    source: "F 0, F 2a",
    real: "measured on 1.13.0 and 1.14.1; 1.15.20 read",
  },
  {
    what: "Without spec.image and without anything to build from, or with an image and no runtime, 500 and no function.",
    source: "R F6, S abstract/platform.go functionBuildRequired",
    real: MEASURED,
  },
  {
    what: "A Git source without branch, tag and reference is 400, code that cannot be fetched 500; the function is there, in error.",
    source: "R F5, R F6",
    real: MEASURED,
  },
  {
    what: "POST and PUT hold the answer until the code is there, 60 s at most: then 500, and the work goes on.",
    source: "R F6, S dashboard/resource/function.go storeAndDeployFunction",
    real: MEASURED,
  },
  {
    what: "A text or a fraction for a whole number, a quantity, an image's name, a node selector, over 100000 workers: 400 in Go's words.",
    source: "R F16, S abstract/platform.go ValidateFunctionConfig",
    real: MEASURED,
  },
  {
    what: "A failure's message is an error stack: the controller's whole, then the dashboard's with the root cause; a build's has its log.",
    source: "R F3, R F4, S nuclio/errors PrintErrorStack",
    real: MEASURED,
  },
  {
    what: "The log of a status has the steps of the deployment and the error, and no line of the builder.",
    source: "R F4",
    real: MEASURED,
  },
  {
    what: "An nginx stands in front: 504 after 60 s, 502 while the dashboard's pods are not ready, its index page outside /api.",
    source: "R F18, S cmd/dashboard/docker/default.conf",
    real: MEASURED,
  },
  {
    what: "Images are built by kaniko, from 1.17.4 on by buildah; any other builder is Docker, which a K3s node has not.",
    source: "S platform/kube/platform.go, nuclio/nuclio#4221, nuclio/nuclio#3245",
    real: "read at 1.14.1 and in the pull requests for 1.17.4",
  },
  {
    what: "A build needs a registry, a base image that can be had, and commands that succeed; else error with its log.",
    source: "F 1, F 4",
    real: "read at 1.14.1; a failing build measured there, with its Job played",
  },
  {
    what: "States: building, waitingForResourceConfiguration, ready or error or unhealthy; error is never retried.",
    source: "F 2b",
    real: MEASURED,
  },
  {
    what: "The controller makes ConfigMap, Service and Deployment nuclio-NAME; what the API server refuses is error.",
    source: "F 2b, S controller/nucliofunction.go",
    real: MEASURED,
  },
  {
    what: "It fills what is empty in the Deployment from functionAugmentedConfigs by label, and changes nothing that is set.",
    source: "F 3b",
    real: MEASURED,
  },
  {
    what: "An entry of them that matches writes its functionConfig over the function, and an empty event timeout where it says none.",
    source: "R F2, S functionres/lazy.go CreateOrUpdate",
    real: MEASURED,
  },
  {
    what: "On an update it sets the fields it knows and leaves the others, and the labels, as they are.",
    source: "F 3c",
    real: READ,
  },
  {
    what: "Recreate for nvidia.com/gpu above 0 unless the spec or the platform says otherwise.",
    source: "F 7",
    real: MEASURED,
  },
  {
    what: "ready when the Deployment is Available and none is unavailable, whatever its generation.",
    source: "F 2c",
    real: READ,
  },
  {
    what: "A crash loop fails at once, unless waitReadinessTimeoutBeforeFailure; else after the readiness timeout unhealthy.",
    source: "F 2c",
    real: READ,
  },
  {
    what: "error and unhealthy from the controller empty both lists of URLs; ready fills them.",
    source: "F 5, S setFunctionError",
    real: MEASURED,
  },
  {
    what: "The monitor turns unhealthy into ready and back by the Deployment's conditions; the lists of URLs stay empty.",
    source: "F 2b, R F8",
    real: MEASURED,
  },
  {
    what: "Functions are dealt with by four workers, one thing at a time about each; who waits for pods holds one.",
    source: "R F9b",
    real: MEASURED,
  },
  {
    what: "The wait for pods ends when they are ready, after its time or with the controller, not when the function or its Deployment goes.",
    source: "R F9",
    real: MEASURED,
  },
  {
    what: "No wait where the readiness timeout is 0: in the platform configuration, and not said by the function.",
    source: "S controller/nucliofunction.go CreateOrUpdate",
    real: READ,
  },
  {
    what: "After a failed deployment the dashboard stores the function once more, with a new image hash.",
    source: "R F8, S kube/platform.go reportCreationError",
    real: MEASURED,
  },
  { what: "PATCH leaves the pod template as it is, and writes the status anew.", source: "R F17", real: MEASURED },
  { what: "spec.disable: no pods, and ready.", source: "R F10", real: MEASURED },
  { what: "A project that is removed takes its functions along.", source: "R F12", real: MEASURED },
  { what: "A build whose dashboard is started anew stays in building for ever.", source: "R F13", real: MEASURED },
  {
    what: "When it starts, or its configuration changes, it goes through all ready functions once more.",
    source: "F 3b",
    real: "measured at an upgrade from 1.13.0 to 1.14.1",
  },
  {
    what: "Nothing owns a function's Deployment: without the controller it stays when the function is removed.",
    source: "F 2b",
    real: READ,
  },
  {
    what: "Invocation without a URL in the lists: 500 `Invocation URL is required`; another URL than those 400.",
    source: "F 5",
    real: MEASURED,
  },
  {
    what: "A function is called whatever its state is; where no pod is ready the connection is refused, 500.",
    source: "F 5",
    real: READ,
  },
  { what: "GET /api/versions names the dashboard's version.", source: "S dashboard/resource/version.go", real: READ },
  {
    what: "A function's code gets a body read where its type is application/json and nothing more, else bytes; an exception is 500.",
    source: "R Facts, Python wrapper",
    real: "measured on 1.14.1",
  },
];
