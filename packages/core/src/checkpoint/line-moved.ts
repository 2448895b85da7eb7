/** Another writer has made a checkpoint on the line since its latest was looked up: look again. Never reaches users. */
export class LineMoved extends Error {}
