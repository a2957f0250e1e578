// Lists and calls every tool of a server with an official TypeScript client.
// bun call-tools.mjs URL KEY legacy|modern CALLS, where CALLS is a JSON object: tool -> arguments.
// Prints one JSON object: the version that was agreed on, the tools, and the answer of each call.
const [url, key, era, calls] = process.argv.slice(2);
const options = { requestInit: { headers: { Authorization: `Bearer ${key}` } } };
let client;
if (era === 'legacy') {
  const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
  const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
  client = new Client({ name: 'test', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
} else {
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
}

const { tools } = await client.listTools();
const answers = {};
for (const [name, args] of Object.entries(JSON.parse(calls))) {
  // The client checks the structure against the output schema, and throws where it does not fit.
  const result = await client.callTool({ name, arguments: args });
  answers[name] = { isError: result.isError ?? false, structured: result.structuredContent, text: result.content[0].text };
}

const { resources } = await client.listResources();
const { prompts } = await client.listPrompts();
const version = client.transport?.protocolVersion ?? client.getNegotiatedProtocolVersion?.() ?? null;
await client.close();
console.log(JSON.stringify({ version, tools: tools.map(tool => tool.name), resources: resources.map(resource => resource.uri), prompts: prompts.map(prompt => prompt.name), answers }));
