/** Ends what global-setup.ts started. */
export default async function stopServers(): Promise<void> {
  await globalThis.heraldTestServers?.stop();
}
