/** The host's own timer, as it was when wflo was loaded: fake timers of a test must not stop the books. */
const hostTimeout = setTimeout;

/** Does something once what is ready now has run, also while a test has put fake timers in the place of the host's. */
export function soon(task: () => void): void {
  hostTimeout(task, 0);
}
