/** Another process has saved or deleted the run since it was looked at: look again. Never reaches users. */
export class RunMoved extends Error {}
