import { Failure } from '../failure.js';
import { table } from '../table.js';
import { SERVICES } from '../up/services.js';
import { readerOf, type Setting, settingsIn } from './declared.js';

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
