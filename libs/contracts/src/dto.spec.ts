import { IsString, Validate, ValidateNested, ValidatorConstraint } from 'class-validator';
import { check, Dto } from './dto.js';
import { IsLine, Nested, NestedList } from './rules.js';

@Dto()
class Name {
  @IsLine(5)
  first: string;
}

@Dto()
class Names {
  @Nested(() => Name)
  one: Name;

  @NestedList(() => Name)
  others: Name[];
}

const issues = (value: unknown) =>
  check(Names, value).issues?.map(({ path = [], keys = [], message }) => [[...path, ...keys].join('.'), message]);
const good = { one: { first: 'a' }, others: [] };

describe('a DTO', () => {
  it('becomes an instance with the values to store', () => {
    const { value } = check(Names, { one: { first: 'e\u0301' }, others: [{ first: 'b' }] });
    expect(value).toEqual({ one: { first: 'é' }, others: [{ first: 'b' }] });
    expect(value?.others[0]).toBeInstanceOf(Name);
  });

  it('names every fault by its place, in the order of the fields, unknown names last', () => {
    expect(issues({ stray: 1, others: [{ first: 'b' }, 5, { first: '123456', odd: 1 }], one: [] })).toEqual([
      ['one', 'must be an object'],
      ['others.1', 'must be an object'],
      ['others.2.first', 'must have at most 5 characters'],
      ['others.2.odd', 'is not a known field'],
      ['stray', 'is not a known field'],
    ]);
  });

  it.each(['hasOwnProperty', 'isPrototypeOf', 'constructor', 'toString', '__proto__'])('has no field %s', (name) => {
    const given: unknown = JSON.parse(`{"one":{"first":"a"},"others":[],"${name}":1}`);
    expect(issues(given)).toEqual([[name, 'is not a known field']]);
  });

  it.each([[null], [[]], [[[]]], ['x'], [5]])('refuses %j as a nested object or an item', (value) => {
    expect(issues({ ...good, one: value })).toEqual([['one', 'must be an object']]);
    expect(issues({ ...good, others: [value] })).toEqual([['others.0', 'must be an object']]);
  });
});

@ValidatorConstraint({ async: true })
class Later {
  validate() {
    return Promise.resolve(false);
  }
}

describe('a rule that would be skipped is refused when its class is defined', () => {
  it.each<[string, PropertyDecorator, RegExp]>([
    ['asynchronous', Validate(Later), /Careless\.field: .* is asynchronous/],
    ['for a group', IsString({ groups: ['admins'] }), /is for some groups/],
    ['conditional', IsString({ validateIf: () => false }), /is conditional/],
    ['nested by other means', ValidateNested(), /is no rule of rules\.ts/],
  ])('%s', (_, rule, message) => {
    const make = () => {
      @Dto()
      class Careless {
        @rule
        field: unknown;
      }
      return Careless;
    };
    expect(make).toThrow(message);
  });
});
