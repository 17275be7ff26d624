import { getMetadataStorage, ValidationTypes } from 'class-validator';
import type { ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';
import { metadataOf } from './rule-metadata.js';

type Test = (instance: object, value: unknown) => boolean;

/** A field of a class: the conditions under which its rules apply, and the rules. */
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

/** Returns the same functions that class-validator calls. */
const rulesOf = ({ constraintCls, constraints, propertyName: property, each }: ValidationMetadata): Test[] =>
  getMetadataStorage()
    .getTargetValidatorConstraints(constraintCls)
    .map(({ instance: rule }) => {
      const passes: Test = (object, value) =>
        rule.validate(value, { targetName: object.constructor.name, property, object, value, constraints }) as boolean;
      return each
        ? (object, value) => (Array.isArray(value) ? value : [value]).every((item) => passes(object, item))
        : passes;
    });

/**
 * Returns true when an instance passes all its rules. class-validator spends most of its time on preparing an error for
 * each field, so it is only used to word the faults of invalid instances.
 */
export function passesRules(instance: object): boolean {
  for (const { name, conditions, rules } of testsOf(instance.constructor)) {
    const value = (instance as Record<string, unknown>)[name];
    if (conditions.every((applies) => applies(instance, value)) && !rules.every((passes) => passes(instance, value)))
      return false;
  }
  return true;
}
