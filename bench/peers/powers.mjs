// Powers of tau that snarkjs takes, made directly from a tau that is written here: good for measuring, worthless for anything else.
//
// snarkjs's own way without a contribution leaves tau = 1: then all but one Lagrange point are infinity, keys are nearly empty and
// proving looks faster than it is. With a contribution it transforms every size up to the largest in the group; a known tau needs one
// product a point, and of each section only what the setup of one size reads.
const TAU = 0x1f3a9c5e7b2d4860a1c3e5f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3bn;
const ALPHA = TAU * 3n + 1n, BETA = TAU * 5n + 2n;

// L_0(tau), ..., L_{n-1}(tau) for n = 2^log: (tau^n - 1) / n * w^i / (tau - w^i).
function lagrange(Fr, tau, log) {
  const n = 2 ** log, w = Fr.w[log];
  const scale = Fr.div(Fr.sub(Fr.exp(tau, n), Fr.one), Fr.e(n));
  const out = [];
  for (let i = 0, x = Fr.one; i < n; i++, x = Fr.mul(x, w)) out.push(Fr.mul(scale, Fr.div(x, Fr.sub(tau, x))));
  return out;
}

const powersOf = (Fr, tau, count) => Array.from({ length: count }, ((x) => () => { const now = x; x = Fr.mul(x, tau); return now; })(Fr.one));

// scalar -> scalar times the generator, by a table of the multiples of every byte: an addition a byte.
function generatorProducts(Fr, G) {
  const bytes = Fr.n8, table = [];
  for (let i = 0, base = G.g; i < bytes; i++) {
    const row = [G.zero];
    for (let j = 1; j < 256; j++) row.push(G.toAffine(G.add(row[j - 1], base)));
    table.push(row);
    base = G.toAffine(G.add(row[255], base));
  }
  return (scalar) => {
    const digits = new Uint8Array(bytes);
    Fr.toRprLE(digits, 0, scalar);
    return G.toJacobian(digits.reduce((sum, digit, i) => (digit ? G.add(sum, table[i][digit]) : sum), G.zero));
  };
}

// Writes FILE for circuits of exactly 2^log rows. `system`: "plonk" reads powers and Lagrange points of G1, "groth16" Lagrange points of
// this size in both groups (and under alpha and beta), and of twice the size in G1.
export async function writePowers(curve, { createBinFile, startWriteSection, endWriteSection }, system, log, file) {
  const { Fr, G1, G2 } = curve;
  const tau = Fr.e(TAU), alpha = Fr.e(ALPHA), beta = Fr.e(BETA), n = 2 ** log, groth = system === "groth16";
  const fd = await createBinFile(file, "ptau", 1, groth ? 10 : 7, 1 << 22, 1 << 24);
  const products = new Map([[G1, generatorProducts(Fr, G1)], [G2, generatorProducts(Fr, G2)]]);
  const points = async (G, scalars) => {
    for (let from = 0; from < scalars.length; from += 1024) {
      const chunk = scalars.slice(from, from + 1024), size = G.F.n8 * 3, out = new Uint8Array(chunk.length * size);
      chunk.forEach((s, i) => out.set(products.get(G)(s), i * size));
      await fd.write(await G.batchToAffine(out));
    }
  };
  const skip = async (bytes) => {
    const zeros = new Uint8Array(1 << 20);
    for (; bytes > 0; bytes -= zeros.length) await fd.write(bytes < zeros.length ? zeros.slice(0, bytes) : zeros);
  };
  const section = async (number, write) => {
    await startWriteSection(fd, number);
    await write();
    await endWriteSection(fd);
  };
  const times = (by, list) => list.map((x) => Fr.mul(by, x));

  await section(1, async () => {
    await fd.writeULE32(curve.F1.n64 * 8);
    const q = new Uint8Array(curve.F1.n8);
    for (let i = 0, rest = BigInt(curve.q); i < q.length; i++, rest >>= 8n) q[i] = Number(rest & 255n);
    await fd.write(q);
    await fd.writeULE32(log);
    await fd.writeULE32(log);
  });
  await section(2, () => points(G1, powersOf(Fr, tau, groth ? 2 : n + 6)));
  await section(3, () => points(G2, powersOf(Fr, tau, 2)));
  await section(4, () => points(G1, [alpha]));
  await section(5, () => points(G1, [beta]));
  await section(6, () => points(G2, [beta]));
  // Lagrange points of the sizes 1, 2, 4, ... one after the other: smaller ones are left empty.
  const own = lagrange(Fr, tau, log), smaller = (G) => skip((n - 1) * G.F.n8 * 2);
  await section(12, async () => {
    await smaller(G1);
    await points(G1, own);
    if (groth) await points(G1, lagrange(Fr, tau, log + 1));
  });
  if (groth) {
    await section(13, async () => { await smaller(G2); await points(G2, own); });
    await section(14, async () => { await smaller(G1); await points(G1, times(alpha, own)); });
    await section(15, async () => { await smaller(G1); await points(G1, times(beta, own)); });
  }
  await fd.close();
}
