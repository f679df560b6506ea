// A table as a Parquet file, made in the browser from the rows that are shown: one row group, plain values, no
// compression (format: https://parquet.apache.org/docs/file-format/; the metadata is in Thrift's compact protocol).

const KINDS = { int: 2, float: 5, text: 6 };
const I32 = 5, I64 = 6, BINARY = 8, LIST = 9, STRUCT = 12;
const encoder = new TextEncoder();

const varint = (value) => {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  bytes.push(value);
  return bytes;
};
const integer = (value) => varint(value < 0 ? -value * 2 - 1 : value * 2);
const binary = (text) => { const bytes = encoder.encode(text); return [...varint(bytes.length), ...bytes]; };
const items = (kind, encoded) => [
  ...(encoded.length < 15 ? [(encoded.length << 4) | kind] : [0xf0 | kind, ...varint(encoded.length)]),
  ...encoded.flat(),
];

/** A Thrift struct from [field id, kind, encoded value], ids ascending. */
function struct(fields) {
  let last = 0;
  const bytes = [];
  for (const [id, kind, encoded] of fields) {
    bytes.push(((id - last) << 4) | kind, ...encoded);
    last = id;
  }
  bytes.push(0);
  return bytes;
}

/** Definition levels (1: a value, 0: null) as one bit-packed run behind its length. */
function levels(present) {
  const groups = Math.ceil(present.length / 8);
  const packed = new Array(groups).fill(0);
  present.forEach((there, n) => { if (there) packed[n >> 3] |= 1 << (n & 7); });
  const run = [...varint((groups << 1) | 1), ...packed];
  return [run.length & 255, (run.length >> 8) & 255, (run.length >> 16) & 255, run.length >>> 24, ...run];
}

function values(type, held) {
  if (type === "text") {
    const texts = held.map((value) => encoder.encode(String(value)));
    const bytes = new Uint8Array(texts.reduce((sum, text) => sum + 4 + text.length, 0));
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (const text of texts) {
      view.setUint32(at, text.length, true);
      bytes.set(text, at + 4);
      at += 4 + text.length;
    }
    return bytes;
  }
  const view = new DataView(new ArrayBuffer(held.length * 8));
  held.forEach((value, n) => (type === "int" ? view.setBigInt64(n * 8, BigInt(value), true) : view.setFloat64(n * 8, value, true)));
  return new Uint8Array(view.buffer);
}

/** The bytes of a Parquet file; columns are {key, type: int | float | text}, rows arrays in their order. */
export function parquet(columns, rows) {
  const parts = [encoder.encode("PAR1")];
  let offset = 4;
  const chunks = columns.map((column, index) => {
    const cells = rows.map((row) => row[index] ?? null);
    const defined = Uint8Array.from(levels(cells.map((cell) => cell !== null)));
    const content = values(column.type, cells.filter((cell) => cell !== null));
    const size = defined.length + content.length;
    const header = Uint8Array.from(struct([
      [1, I32, integer(0)], [2, I32, integer(size)], [3, I32, integer(size)],
      [5, STRUCT, struct([[1, I32, integer(cells.length)], [2, I32, integer(0)], [3, I32, integer(3)], [4, I32, integer(3)]])],
    ]));
    parts.push(header, defined, content);
    const total = header.length + size;
    const meta = struct([
      [1, I32, integer(KINDS[column.type])], [2, LIST, items(I32, [integer(0), integer(3)])],
      [3, LIST, items(BINARY, [binary(column.key)])], [4, I32, integer(0)], [5, I64, integer(cells.length)],
      [6, I64, integer(total)], [7, I64, integer(total)], [9, I64, integer(offset)],
    ]);
    const chunk = struct([[2, I64, integer(offset)], [3, STRUCT, meta]]);
    offset += total;
    return { chunk, total };
  });
  const schema = [
    struct([[4, BINARY, binary("table")], [5, I32, integer(columns.length)]]),
    ...columns.map((column) => struct([
      [1, I32, integer(KINDS[column.type])], [3, I32, integer(1)], [4, BINARY, binary(column.key)],
      ...(column.type === "text" ? [[6, I32, integer(0)]] : []),
    ])),
  ];
  const group = struct([
    [1, LIST, items(STRUCT, chunks.map((held) => held.chunk))],
    [2, I64, integer(chunks.reduce((sum, held) => sum + held.total, 0))], [3, I64, integer(rows.length)],
  ]);
  const footer = Uint8Array.from(struct([
    [1, I32, integer(1)], [2, LIST, items(STRUCT, schema)], [3, I64, integer(rows.length)],
    [4, LIST, items(STRUCT, [group])], [6, BINARY, binary("gongkai explorer")],
  ]));
  const length = new DataView(new ArrayBuffer(4));
  length.setUint32(0, footer.length, true);
  parts.push(footer, new Uint8Array(length.buffer), encoder.encode("PAR1"));
  return new Blob(parts, { type: "application/vnd.apache.parquet" });
}
