/** After so many milliseconds without news of a request its workers' pods are looked at: a smoke run is over before others would. */
export const LOOK_MS = 20_000;
