/** The scopes that a person's JWT may carry (contracts README, "Scopes"). Any other word of its `scope` counts for nothing. */
export const SCOPES_OF_PEOPLE = ['agent-actions:read'];
