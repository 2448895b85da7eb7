import { StoreUnavailableError, WfloError } from "@wflo/core";

/** PostgreSQL's error code (appendix A of its manual), or node's for sockets, also of what an error of ours tells; undefined for other errors. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  if (!WfloError.isInstance(error) && "code" in error && typeof error.code === "string") return error.code;
  return "cause" in error ? codeOf(error.cause) : undefined;
}

/** Whether the server refused a statement for what is in it, and has undone it. What breaks a connection or stops a server may have been done. */
export function wasUndone(error: unknown): boolean {
  return /^(0A|2[0-9]|40|42|54|55|P0)[0-9A-Z]{3}$/.test(codeOf(error) ?? "");
}

/** Whether a statement failed since its connection or the server went away: anything but an error of the server's about the statement. */
export function brokeConnection(error: unknown): boolean {
  return !/^(?!08|57P)[0-9A-Z]{5}$/.test(codeOf(error) ?? "");
}

/** Turns whatever a driver threw into one sentence that names the database and what to do. Errors of wflo pass through. */
export function storeError(error: unknown, place: string): WfloError {
  const own = ownError(error);
  if (own !== undefined) return own;
  return new StoreUnavailableError(sentence(error, place), { cause: error });
}

function ownError(error: unknown): WfloError | undefined {
  if (WfloError.isInstance(error)) return error;
  return error instanceof Error && error.cause !== undefined ? ownError(error.cause) : undefined;
}

function sentence(error: unknown, place: string): string {
  switch (codeOf(error)) {
    case "ECONNREFUSED":
      return `Nothing answers for the ${place}: connection refused. Start PostgreSQL, or correct DATABASE_URL.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `The host of the ${place} cannot be found. Correct DATABASE_URL, or check the network.`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return `This user may not write to the ${place}. Give it the right, or choose another folder.`;
    case "EEXIST":
    case "ENOTDIR":
      return `The ${place} cannot be made: there is a file of that name. pglite() needs a folder.`;
    case "ENOSPC":
      return `There is no room left for the ${place}. Make room; what is in it is untouched.`;
    case "28P01":
    case "28000":
      return `The ${place} refused the log-in (${messageOf(error)}). Correct the user or password in DATABASE_URL.`;
    case "3D000":
      return `The ${place} does not exist. Create it (createdb), or correct DATABASE_URL.`;
    case "53300":
      return `The ${place} has no connection left. Lower postgres({ max }), or raise max_connections of the server.`;
    case "42501":
      return (
        `The ${place} denied access (${messageOf(error)}). As its owner run: GRANT USAGE ON SCHEMA wflo TO <user>; ` +
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA wflo TO <user>; " +
        "GRANT EXECUTE ON ALL ROUTINES IN SCHEMA wflo TO <user>;"
      );
    case "25006":
      return `The ${place} is read-only, such as a replica. Point DATABASE_URL at the primary.`;
    case "57014":
      return `The ${place} took too long and the statement was cancelled (${messageOf(error)}). Nothing was changed.`;
    default:
      return `The ${place} failed: ${messageOf(error)}.`;
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  const code = codeOf(error);
  const message = error.message === "" ? error.name : error.message;
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}
