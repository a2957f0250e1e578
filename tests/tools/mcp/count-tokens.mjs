// Counts tokens by the tokenizer of GPT-4o and its successors (o200k_base). Reads a JSON object of texts and prints their counts.
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
const texts = JSON.parse(await new Response(Bun.stdin.stream()).text());
console.log(JSON.stringify(Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, encode(text).length]))));
