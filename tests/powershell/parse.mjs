// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Parses PowerShell files and prints what is in them, as JSON: faults of grammar, functions, commands.
//   node parse.mjs NODE_PACKAGES FILE...
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [packages, ...files] = process.argv.slice(2);
const find = (...names) => path.join(packages, "node_modules", ...names);
const { Parser, Language } = await import(pathToFileURL(find("web-tree-sitter", "web-tree-sitter.js")));
await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(find("tree-sitter-powershell", "tree-sitter-powershell.wasm")));

function* below(node) {
  yield node;
  for (const child of node.children) yield* below(child);
}

const all = (node, type) => [...below(node)].filter((one) => one.type === type);
const place = (node) => `line ${node.startPosition.row + 1}, column ${node.startPosition.column + 1}`;

function describe(file) {
  const root = parser.parse(fs.readFileSync(file, "utf8")).rootNode;
  const faults = [...below(root)].filter((node) => node.isError || node.isMissing)
    .map((node) => `${place(node)}: ${JSON.stringify(node.text.slice(0, 60))}`);
  const functions = all(root, "function_statement").map((node) => ({
    name: all(node, "function_name")[0].text,
    comment: (all(node, "comment")[0] ?? { text: "" }).text,
    parameters: all(node, "script_parameter").map((one) => all(one, "variable").at(-1).text)
      .map((name) => name.replace("$", "")),
    attributes: all(node, "attribute").map((one) => one.text),
    commands: all(node, "command").map((one) => ({
      name: all(one, "command_name")[0]?.text ?? "",
      parameters: one.children.flatMap((child) => all(child, "command_parameter"))
        .map((child) => child.text),
      line: one.startPosition.row + 1,
      guarded: guarded(one),
    })),
  }));
  return { file, faults, functions };
}

// Whether an `if` around it asks ShouldProcess.
function guarded(node) {
  for (let one = node.parent; one; one = one.parent) {
    const clause = one.type === "if_statement" || one.type === "elseif_clause" ? one : null;
    const condition = clause?.childForFieldName("condition") ?? clause?.children.find((c) => c.type === "pipeline");
    if (condition?.text.includes("ShouldProcess")) return true;
  }
  return false;
}

console.log(JSON.stringify(files.map(describe), null, 1));
