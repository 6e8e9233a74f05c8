// conv2d in plain JavaScript, over the files of an export:
//
//     conformance export cases/
//     node examples/node/convolve.mjs cases/
//     conformance score cases/
//
// Images are NHWC, filters HWIO, as the files are. What it does not do, it says in output.json.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const TYPES = { "<f4": Float32Array, "<f8": Float64Array, "<i4": Int32Array };
const NAMES = { float32: "<f4", float64: "<f8", int32: "<i4" };

class Unsupported extends Error {}

function readNpy(path) {
  const file = readFileSync(path);
  const end = 10 + file.readUInt16LE(8); // behind the magic, the version and the length of the header
  const header = file.toString("latin1", 10, end);
  const type = /'descr': '([^']+)'/.exec(header)[1];
  const shape = [.../'shape': \(([^)]*)\)/.exec(header)[1].matchAll(/\d+/g)].map(Number);
  if (!(type in TYPES) || header.includes("'fortran_order': True")) throw new Unsupported(`arrays of ${type}`);
  const bytes = file.buffer.slice(file.byteOffset + end, file.byteOffset + file.length);
  return { shape, data: new TYPES[type](bytes) };
}

function writeNpy(path, type, { shape, data }) {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + "\n";
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length & 255, header.length >> 8]);
  writeFileSync(path, Buffer.concat([start, Buffer.from(header, "latin1"), Buffer.from(data.buffer)]));
}

// Zeros before the image, and the size of the output, along one axis.
function extent(size, taps, stride, dilation, padding) {
  const field = (taps - 1) * dilation + 1;
  if (padding === "SAME") {
    const out = Math.ceil(size / stride);
    return { before: Math.floor(Math.max(0, (out - 1) * stride + field - size) / 2), out };
  }
  const [before, after] = padding === "VALID" ? [0, 0] : padding;
  return { before, out: Math.max(0, Math.floor((size + before + after - field) / stride) + 1) };
}

function conv2d(input, filters, bias, { strides, dilations, padding, data_format }) {
  if (data_format !== "NHWC") throw new Unsupported(`data_format ${data_format}`);
  const [batch, height, width, channels] = input.shape;
  const [tapsDown, tapsRight, depth, kernels] = filters.shape;
  const axis = (n) => (typeof padding === "string" ? padding : padding[n]);
  const down = extent(height, tapsDown, strides[1], dilations[1], axis(1));
  const right = extent(width, tapsRight, strides[2], dilations[2], axis(2));
  const perGroup = kernels / (depth ? channels / depth : 1);
  const data = new input.data.constructor(batch * down.out * right.out * kernels);
  let place = 0;
  for (let n = 0; n < batch; n++)
    for (let p = 0; p < down.out; p++)
      for (let q = 0; q < right.out; q++)
        for (let k = 0; k < kernels; k++) {
          const first = Math.floor(k / perGroup) * depth;
          let sum = bias ? bias.data[k] : 0;
          for (let r = 0; r < tapsDown; r++) {
            const y = p * strides[1] + r * dilations[1] - down.before;
            if (y < 0 || y >= height) continue;
            for (let s = 0; s < tapsRight; s++) {
              const x = q * strides[2] + s * dilations[2] - right.before;
              if (x < 0 || x >= width) continue;
              for (let c = 0; c < depth; c++)
                sum +=
                  input.data[((n * height + y) * width + x) * channels + first + c] *
                  filters.data[((r * tapsRight + s) * depth + c) * kernels + k];
            }
          }
          data[place++] = sum; // added in float64, rounded once
        }
  return { shape: [batch, down.out, right.out, kernels], data };
}

function answer(folder) {
  const { operation, operands, ...parameters } = JSON.parse(readFileSync(join(folder, "case.json"), "utf8"));
  if (operation !== "conv2d") throw new Unsupported(operation);
  const type = NAMES[operands.input.dtype];
  if (!type) throw new Unsupported(operands.input.dtype);
  const read = (name) => (name in operands ? readNpy(join(folder, operands[name].file)) : undefined);
  writeNpy(join(folder, "output.npy"), type, conv2d(read("input"), read("filters"), read("bias"), parameters));
}

const root = process.argv[2];
if (!root || !existsSync(join(root, "manifest.json"))) {
  console.error("usage: node convolve.mjs DIR, a folder that `conformance export DIR` has written");
  process.exit(2);
}
for (const id of Object.keys(JSON.parse(readFileSync(join(root, "manifest.json"), "utf8")).cases)) {
  const folder = join(root, id);
  try {
    answer(folder);
  } catch (error) {
    const status = error instanceof Unsupported ? "unsupported" : "error";
    writeFileSync(join(folder, "output.json"), JSON.stringify({ status, reason: error.message }));
  }
}
