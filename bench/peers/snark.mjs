// snarkjs on circom/transfer.circom: `node snark.mjs prepare|groth16|plonk FOLDER SAMPLES`. FOLDER has node_modules; keys are kept there.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readSync, renameSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { writePowers } from "./powers.mjs";

const [what, folder, samplesText] = process.argv.slice(2);
const root = resolve(folder);
const samples = Number(samplesText ?? 3);
const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(root, "package.json"));
const snarkjs = require("snarkjs");
const at = (name) => join(root, "keys", name);
// Rows: 17,626 constraints and 8 public values; 44,750 gates.
const LOG_GROTH = 15, LOG_PLONK = 16;

// Made under another name first: what is there is complete.
async function once(name, make) {
  if (existsSync(at(name))) return;
  console.error(`making ${name} ...`);
  await make(at(name) + ".part");
  renameSync(at(name) + ".part", at(name));
}

function compile(circuit, name, optimisation) {
  if (existsSync(at(name))) return;
  mkdirSync(at(name + ".part"), { recursive: true });
  execFileSync(process.execPath, [join(root, "node_modules/circom2/cli.js"), join(here, "circom", circuit + ".circom"), "--r1cs", "--wasm",
    optimisation, "-l", join(root, "node_modules/circomlib/circuits"), "-o", at(name + ".part")], { stdio: "ignore" });
  renameSync(at(name + ".part"), at(name));
}

const r1cs = (name) => at(`${name}/transfer.r1cs`);
const wasm = (name) => at(`${name}/transfer_js/transfer.wasm`);

async function prepare() {
  mkdirSync(join(root, "keys"), { recursive: true });
  compile("hashes", "hashes", "--O1");
  compile("transfer", "groth16", "--O2");    // linear constraints folded away: fewest for R1CS
  compile("transfer", "plonk", "--O1");      // kept: folding them makes long sums, which cost PLONK more
  const curve = await snarkjs.curves.getCurveFromName("bn128"), files = require("@iden3/binfileutils");
  for (const [system, log, setup] of [["groth16", LOG_GROTH, snarkjs.zKey.newZKey], ["plonk", LOG_PLONK, snarkjs.plonk.setup]])
    await once(`${system}.zkey`, async (to) => {
      await once(`${system}.ptau`, (powers) => writePowers(curve, files, system, log, powers));
      if ((await setup(r1cs(system), at(`${system}.ptau`), to)) === -1) throw new Error("the circuit does not fit");
    });
}

// Inputs of a valid payment: two notes at different places of a tree of made-up siblings, the second's path meeting the first's root.
async function payment() {
  const hash = async (width, ...inputs) => {
    const wtns = { type: "mem" };
    await snarkjs.wtns.calculate({ in: [...inputs, 0, 0, 0, 0].slice(0, 4).map(String) }, at("hashes/hashes_js/hashes.wasm"), wtns);
    const values = await snarkjs.wtns.exportJson(wtns);
    return values[{ 1: 1, 2: 2, 4: 3 }[width]];
  };
  const key = 7n, asset = 5n, amount = [100n, 23n], rcm = [11n, 12n];
  const owner = await hash(1, key);
  const cm = [await hash(4, owner, amount[0], asset, rcm[0]), await hash(4, owner, amount[1], asset, rcm[1])];
  // The two leaves are siblings at the bottom; above, one path.
  const position = [Array(32).fill(0), [1, ...Array(31).fill(0)]];
  const above = Array.from({ length: 31 }, (_, i) => BigInt(1000 + i));
  let anchor = await hash(2, cm[0], cm[1]);
  for (const sibling of above) anchor = await hash(2, anchor, sibling);
  const outOwner = [21n, 22n], outAmount = [90n, 32n], outRcm = [31n, 32n];
  const outCm = [];
  for (let i = 0; i < 2; i++) outCm.push(await hash(4, outOwner[i], outAmount[i], asset, outRcm[i]));
  const nullifier = [await hash(2, key, cm[0]), await hash(2, key, cm[1])];
  const input = { anchor, nullifier, out_cm: outCm, fee: 1n, context: 99n, asset, key, amount, rcm, position,
    sibling: [[cm[1], ...above], [cm[0], ...above]], out_owner: outOwner, out_amount: outAmount, out_rcm: outRcm };
  return JSON.parse(JSON.stringify(input, (_, v) => (typeof v === "bigint" ? v.toString() : v)));
}

const say = (object) => console.log(JSON.stringify(object));

// Asks before every sample: run.py takes the reference meanwhile, and answers with a line.
function ask(figure) {
  say({ ready: figure });
  const byte = Buffer.alloc(1);
  do {
    if (readSync(0, byte) === 0) throw new Error("nobody is measuring");
  } while (byte[0] !== 10);
}

async function sample(figure, count, job) {
  await job();
  for (let i = 0; i < count; i++) {
    ask(figure);
    const start = performance.now();
    await job();
    say({ sample: figure, ms: performance.now() - start });
  }
}

async function measure(system) {
  const scheme = snarkjs[system], input = await payment();
  const key = await snarkjs.zKey.exportVerificationKey(at(`${system}.zkey`));
  let made;
  await sample("prove_ms", samples, async () => {
    made = await scheme.fullProve(input, wasm(system), at(`${system}.zkey`));
  });
  await sample("verify_ms", samples * 2, async () => {
    if (!(await scheme.verify(key, made.publicSignals, made.proof))) throw new Error("a proof does not verify");
  });
  const info = await snarkjs.r1cs.info(r1cs(system));
  // Compressed points of BN254: 32 bytes in G1, 64 in G2; 32 a field element.
  const proof_bytes = system === "groth16" ? 32 + 64 + 32 : 9 * 32 + 6 * 32;
  const rows = system === "groth16" ? `${info.nConstraints.toLocaleString("en")} constraints` : `2^${key.power} rows`;
  say({ proof_bytes, constraints: info.nConstraints, size: `${rows}, key of ${Math.round(statSync(at(`${system}.zkey`)).size / 1e6)} MB` });
}

if (what === "prepare") await prepare();
else await measure(what);
process.exit(0);
