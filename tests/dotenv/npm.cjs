// Reads each text of a JSON list as npm's dotenv does, and prints a list of what it found.
const { parse } = require('dotenv');
const texts = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(texts.map((text) => parse(text))));
