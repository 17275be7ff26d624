import type { SettingsReader } from '@herald/bootstrap';
import { settingsOf } from '../checkout.js';

/** A variable that a service reads. */
export interface Setting {
  name: string;
  required: boolean;
  /** The default as text; absent when there is none. */
  default?: string;
  meaning: string;
}

/** Loads the declarations of a service from its build, because an app must not import another one. */
export async function readerOf(service: string): Promise<SettingsReader> {
  const { env } = (await import(settingsOf(service))) as { env: SettingsReader };
  return env;
}

/** Returns the settings of a service in the order of their declarations. */
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
