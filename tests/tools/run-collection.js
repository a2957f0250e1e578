// Sends every request of a Postman collection with newman, Postman's own runner. Each must be answered with success, or with a refusal
// that the OpenAPI document lists for that operation and that this file expects.
// run-collection.js OPENAPI COLLECTION URL KEY
const fs = require("fs");
const newman = require("newman");

const [documentFile, collectionFile, baseUrl, key] = process.argv.slice(2);
const { paths } = JSON.parse(fs.readFileSync(documentFile));

// What an example cannot do here: a PIN that is not this server's, the renewal of a key, a backup that is not there, a fill of the trade that was voided.
const refused = { login: 401, refreshSession: 403, verifyBackup: 404, addFill: 409, addFills: 409, receiveTradingView: 404, receiveTradingViewBySecret: 404,
  receiveFreqtrade: 404, receiveFreqtradeBySecret: 404 };

// A look at a record may come before the request that stores it: the order is that of the folders.
const mayComeEarly = 404;

const pathOf = request => "/" + request.url.path.map(part => part.replace(/^:(.+)$/, "{$1}")).join("/");

// A stream ends with its client only, and newman waits for the end of each answer. So the streams are left out, and opened here by hand.
const isStream = request => paths[pathOf(request)]?.[request.method.toLowerCase()]?.responses["200"]?.content?.["text/event-stream"] !== undefined;
const withoutStreams = items => items.filter(item => item.item || !isStream(item.request))
  .map(item => item.item ? { ...item, item: withoutStreams(item.item) } : item);
const collection = JSON.parse(fs.readFileSync(collectionFile));
collection.item = withoutStreams(collection.item);
const streams = Object.keys(paths).filter(path => paths[path].get?.responses["200"]?.content?.["text/event-stream"]);

async function openStreams() {
  for (const path of streams) {
    const listener = new AbortController();
    const answer = await fetch(baseUrl + path, { signal: listener.signal });
    const type = answer.headers.get("content-type");
    listener.abort();
    if (answer.status !== 200 || !type.startsWith("text/event-stream")) throw new Error(`GET ${path} answered ${answer.status} ${type}`);
  }
}

openStreams().then(() => newman.run(
  {
    collection,
    envVar: [{ key: "baseUrl", value: baseUrl }, { key: "bearerToken", value: key }, { key: "apiKey", value: key }],
    reporters: [],
    timeoutRequest: 30000,
  },
  (error, summary) => {
    if (error) throw error;
    const problems = [];
    let well = 0;
    for (const { item, request, response, requestError } of summary.run.executions) {
      const path = pathOf(item.request);
      const operation = paths[path]?.[request.method.toLowerCase()];
      const shown = `${request.method} ${path}`;
      const status = response?.code;
      if (!operation) problems.push(`${shown} is not in the document`);
      else if (requestError || !status) problems.push(`${shown} got no answer: ${requestError}`);
      else if (!operation.responses[status]) problems.push(`${shown} answered ${status}, which is not documented: ${response.text()}`);
      else if (status < 400) well++;
      else if (refused[operation.operationId] !== status && status !== mayComeEarly) problems.push(`${shown} answered ${status}: ${response.text()}`);
    }
    console.log(`Postman: ${summary.run.executions.length} requests sent by newman, ${well} with success, the others with a documented refusal`);
    problems.forEach(problem => console.log(problem));
    process.exit(problems.length === 0 && well > 0 ? 0 : 1);
  }));
