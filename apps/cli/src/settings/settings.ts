import type { SettingsReader } from '@herald/bootstrap';
import { Failure, readerOf, SERVICES } from '@herald/operator';
import { table } from '../table.js';

/** A variable that a service reads. */
interface Setting {
  name: string;
  required: boolean;
  /** The default as text; absent when there is none. */
  default?: string;
  meaning: string;
}

/** A setting, and the services that read it with this default and meaning. */
type SharedSetting = Setting & { services: string[] };

const NAMES = SERVICES.map(({ name }) => name);

/** @throws Failure when there is no such service */
export async function showSettings(service: string | undefined, options: { json?: boolean }): Promise<void> {
  if (service && !NAMES.includes(service)) {
    throw new Failure(`There is no service "${service}". It must be one of: ${NAMES.join(', ')}`);
  }
  const settings = await settingsOfServices(service ? [service] : NAMES);
  console.log(options.json ? JSON.stringify(settings, null, 2) : settingsTable(settings, service === undefined));
}

/** Lists a setting that several services share once. */
async function settingsOfServices(services: string[]): Promise<SharedSetting[]> {
  const shared = new Map<string, SharedSetting>();
  for (const service of services) {
    for (const setting of settingsIn(await readerOf(service))) {
      const key = JSON.stringify(setting);
      const { services: before = [] } = shared.get(key) ?? {};
      shared.set(key, { ...setting, services: [...before, service] });
    }
  }
  return [...shared.values()];
}

/** Returns the settings of a service in the order of their declarations. */
function settingsIn({ declared }: SettingsReader): Setting[] {
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

function settingsTable(settings: SharedSetting[], ofAll: boolean): string {
  const readBy = ({ services }: SharedSetting) => (services.length === NAMES.length ? 'all' : services.join(' '));
  return table(
    ['variable', 'default', 'meaning', ...(ofAll ? ['read by'] : [])],
    settings.map((setting) => [
      setting.name,
      setting.required ? 'required' : (setting.default ?? ''),
      setting.meaning,
      ...(ofAll ? [readBy(setting)] : []),
    ]),
    ['meaning'],
    Infinity,
  );
}
