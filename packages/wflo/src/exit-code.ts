/** Exit codes of `wflo`: 1 is for a promise that was broken. */
export const EXIT_CODE = { kept: 0, broken: 1, unusable: 2, interrupted: 130 } as const;
