import { IsBoolean, IsOptional } from 'class-validator';
import { Dto } from './dto.js';
import { isJsonObject, type JsonObject } from './json-object.js';
import { checkSchema } from './linear-schema.js';
import { IsSeconds } from './question-end.js';
import { faultOfName, faultsOfItems, IsName, listRule, rule } from './rules.js';

const MAX_FIELDS = 20;
const NAME = 'must be 1 to 50 of a-z, 0-9 and _, and start with a letter';

/** 1 to 20 different field names. */
const NameFields = () =>
  listRule('nameFields', (names) => {
    if (names.length === 0) return 'must name a field';
    if (names.length > MAX_FIELDS) return `must name at most ${MAX_FIELDS} fields`;
    const twice = new Set(names).size < names.length ? 'must not name a field twice' : undefined;
    return faultsOfItems(names, (name) => faultOfName(name, NAME)) ?? twice;
  });

/** A JSON Schema whose validation takes bounded time for any text. */
const IsLinearSchema = () =>
  rule('isLinearSchema', (schema) => (isJsonObject(schema) ? checkSchema(schema) : 'must be an object'));

/**
 * A kind of question in the registry. Its schemas are JSON Schema (draft 7) without formats, with RE2 patterns:
 * `context_schema` for the question, `answer_schema` for the answer. A notification keeps the fields and the answer
 * schema from its creation.
 */
@Dto()
export class NotificationType {
  @IsName(NAME) name: string;
  @NameFields() requested_fields: string[];
  @NameFields() answered_fields: string[];
  @IsLinearSchema() context_schema: JsonObject;
  @IsLinearSchema() answer_schema: JsonObject;
  @IsBoolean({ message: 'must be a boolean' }) allow_multiple_answers = false;

  /** Seconds after which a question expires, and before that at which there is a reminder, unless its request says. */
  @IsOptional() @IsSeconds() answer_within?: number | null = null;
  @IsOptional() @IsSeconds() remind_before?: number | null = null;
}
