/** Files of the host, on hosts that have them. */
export interface Files {
  /** The text of a file and when it was last changed; undefined where there is none. */
  read(path: string): Promise<{ readonly text: string; readonly changedAt: Date } | undefined>;
  /** Writes a file whole, so that nobody reads half of it. */
  write(path: string, text: string): Promise<void>;
}
