import { Described, Dto, IsOneOf, MayBeAbsent, NOTIFICATION_STATES, ofText, rule } from '@herald/contracts';
import { StreamParams } from '../live/stream.params.js';
import { AreWords, IsCursor } from '../validation/query-fields.js';
import { AbsentUnlessIds } from '../validation/validation.js';

export const NOT_FOUND = 'Notification not found';

export const writeCursor = (id: number): string => Buffer.from(`notification ${id}`).toString('base64url');

function readCursor(text: string): number | undefined {
  const [, id] = /^notification ([1-9]\d{0,15})$/.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? [];
  return id && Number.isSafeInteger(Number(id)) ? Number(id) : undefined;
}

const HasStatus = () => (type: object, name: string) => {
  MayBeAbsent()(type, name);
  IsOneOf(NOTIFICATION_STATES)(type, name);
};
const HasTypes = () => (type: object, name: string) => {
  MayBeAbsent()(type, name);
  AreWords()(type, name);
  Described('May be repeated, also as `notification_types[]`, or name several with commas between them')(type, name);
};

/** The filters of the list and of the stream. */
export interface QuestionFilters {
  status?: string;
  notification_types?: string[];
}

/** The parameters of the list (contracts README, "Listing questions"). */
@Dto({ ignoresOthers: true })
export class ListParams implements QuestionFilters {
  @HasStatus() status?: string;
  @HasTypes() notification_types?: string[];

  /** The id of the last notification on the previous page. */
  @MayBeAbsent() @IsCursor(readCursor) @Described('As it stands in the `Link` of the page before') cursor?: number;
}

/** The parameters of the stream (contracts README, "Streams"). */
@Dto({ ignoresOthers: true })
export class QuestionsStreamParams extends StreamParams implements QuestionFilters {
  @HasStatus() status?: string;
  @HasTypes() notification_types?: string[];
}

const idOf = (text: string) =>
  /^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : text;

/** Accepts a whole number above 0 in plain digits that JSON represents exactly. */
const IsIdInPath = () =>
  rule('isIdInPath', (id) => (typeof id === 'number' ? undefined : 'must be a whole number above 0'), {
    normalise: ofText(idOf),
    schema: { type: 'integer', minimum: 1 },
  });

@Dto()
@AbsentUnlessIds(NOT_FOUND)
export class NotificationId {
  @IsIdInPath() notification_id: number;
}
