// Reads each text of a JSON list as `node --env-file` does, and prints a list of what it found.
const { parseEnv } = require('node:util');
const texts = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(texts.map((text) => parseEnv(text))));
