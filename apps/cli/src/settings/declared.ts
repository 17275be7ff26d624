import type { SettingsReader } from '@herald/bootstrap';
import { settingsOf } from '../checkout.js';

/** A variable that a service reads. */
export interface Setting {
  name: string;
  required: boolean;
  /** As it would be written; absent where there is none. */
  default?: string;
  meaning: string;
}

/** Loads the declarations of a service from where its build is: an app imports no other. */
export async function readerOf(service: string): Promise<SettingsReader> {
  const { env } = (await import(settingsOf(service))) as { env: SettingsReader };
  return env;
}

/** What a service reads, in the order of its declarations. */
export function settingsIn({ declared }: SettingsReader): Setting[] {
  return Object.entries(declared.shape).map(([name, schema]) => {
    const unset = schema.safeParse(undefined);
    const text = String(unset.data ?? '');
    return {
      name,
      required: !unset.success,
      ...(text ? { default: text } : {}),
      meaning: schema.description ?? '',
    };
  });
}
