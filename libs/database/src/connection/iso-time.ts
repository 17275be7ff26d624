/** SQL that writes a time as the contract does: in UTC, to the millisecond. */
export const isoTime = (time: string) => `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
