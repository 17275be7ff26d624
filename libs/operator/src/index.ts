/**
 * Facts and errors that `herald` and `npm start` share. It knows no command and starts no process.
 */
export { programOf, version } from './checkout.js';
export { COMPANIES, type DemoCompany } from './demo-companies.js';
export { dataFolder, demoFile, readDemo } from './demo-file.js';
export { fail, Failure, sentence } from './failure.js';
export { readJson, writeJson } from './kept-json.js';
export { readerOf, SERVICES, type ServiceSpec } from './services.js';
export { type Signer, signToken } from './sign-token.js';
export { unusable } from './unusable.js';
