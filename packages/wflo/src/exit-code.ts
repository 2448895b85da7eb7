/** Exit codes of `wflo`: 1 says that a promise was broken, 2 that nothing is known. */
export const EXIT_CODE = { kept: 0, broken: 1, untried: 2, interrupted: 130 } as const;
