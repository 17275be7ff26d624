import { getMetadataStorage, ValidationTypes } from 'class-validator';
import type { ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';
import { metadataOf } from './rule-metadata.js';

type Test = (instance: object, value: unknown) => boolean;

/** A field of a class: whether its rules apply, and the rules. */
interface FieldTests {
  name: string;
  conditions: Test[];
  rules: Test[];
}

const known = new WeakMap<object, FieldTests[]>();

function testsOf(type: object): FieldTests[] {
  let tests = known.get(type);
  if (!tests) {
    const grouped = getMetadataStorage().groupByPropertyName(metadataOf(type));
    tests = Object.entries(grouped).map(([name, rules]) => ({
      name,
      conditions: rules
        .filter(({ type }) => (type as ValidationTypes) === ValidationTypes.CONDITIONAL_VALIDATION)
        .map(({ constraints }) => constraints[0] as Test),
      rules: rules.flatMap(rulesOf),
    }));
    known.set(type, tests);
  }
  return tests;
}

/** The very functions that class-validator calls. */
const rulesOf = ({ constraintCls, constraints, propertyName: property, each }: ValidationMetadata): Test[] =>
  getMetadataStorage()
    .getTargetValidatorConstraints(constraintCls)
    .map(({ instance: rule }) => {
      const holds: Test = (object, value) =>
        rule.validate(value, { targetName: object.constructor.name, property, object, value, constraints }) as boolean;
      return each
        ? (object, value) => (Array.isArray(value) ? value : [value]).every((item) => holds(object, item))
        : holds;
    });

/**
 * True when every rule of an instance holds. class-validator prepares an error for each field before it asks, which is
 * most of its time: it is left to word what is refused.
 */
export function keepsRules(instance: object): boolean {
  for (const { name, conditions, rules } of testsOf(instance.constructor)) {
    const value = (instance as Record<string, unknown>)[name];
    if (conditions.every((applies) => applies(instance, value)) && !rules.every((holds) => holds(instance, value)))
      return false;
  }
  return true;
}
