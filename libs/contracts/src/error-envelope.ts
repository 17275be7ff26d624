import { IsDateString, IsIn, IsInt, IsString } from 'class-validator';
import { Dto } from './dto.js';
import { Described, MayBeAbsent, NestedList } from './rules.js';

/** A wrong field, and the reason. */
@Dto({ name: 'FieldError' })
export class FieldError {
  @IsString() field: string;
  @IsString() message: string;
}

/** A message of a batch that was refused. */
@Dto({ name: 'RefusedMessage', description: 'Why this message was not accepted' })
export class RefusedMessage {
  @IsString() error: string;
  @IsString() message: string;
  @NestedList(() => FieldError) errors: FieldError[];
}

/** The body of every refusal (contracts README, "Errors"). */
@Dto({ name: 'Error' })
export class ErrorEnvelope {
  @IsString() @Described('Name of the kind of error') error: string;
  @IsString() message: string;
  @IsInt() statusCode: number;
  @IsDateString() timestamp: string;
  @IsString() @Described('Without the query string') path: string;
  @IsString() @Described('Names the request in the log of the gateway') requestId: string;
  @MayBeAbsent() @NestedList(() => FieldError) @Described('Where fields are wrong') errors?: FieldError[];
}

/** The body on the routes of merchant answers, which repeat the message as `detail` (contracts README, "Errors"). */
@Dto({ name: 'DetailedError' })
export class DetailedErrorEnvelope extends ErrorEnvelope {
  @IsString() @Described('The message again') detail: string;
}

/** The same content in the form of RFC 9457, for clients that accept `application/problem+json`. */
@Dto({ name: 'Problem' })
export class Problem extends DetailedErrorEnvelope {
  @IsIn(['about:blank']) type: 'about:blank';
  @IsString() title: string;
  @IsInt() status: number;
  @IsString() instance: string;

  @MayBeAbsent()
  @NestedList(() => RefusedMessage)
  @Described('Of a batch without a good message: why each was refused')
  results?: RefusedMessage[];
}
