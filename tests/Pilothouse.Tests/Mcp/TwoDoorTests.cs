using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Mcp;
using Pilothouse.Operations;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Mcp;

/// <summary>
/// Every tool at both doors: two servers go through the same calls in step, one over HTTP and one over the Model Context Protocol. What one
/// refuses, the other refuses with the same code.
/// </summary>
public sealed class TwoDoorTests
{
    private const string Signal = """{"trading_pair":"BTC/USDT","signal_type":"BUY","signal_strength":7,"price":3.4}""";
    private const string Trade = """{"trading_pair":"BTC/USDT","side":"BUY","entry_price":3,"quantity":10,"bot_name":"alpha"}""";

    /// <summary>Values of every kind, most of which are wrong for any one field.</summary>
    private static readonly string[] Values =
        ["true", "-1", "0", "1.5", "1e30", "4294967297", "\"\"", "\"moon\"", "\"2026-13-45\"", "\"2098-01-01T00:00:00Z\"", $"\"{new string('x', 3000)}\"", "null", "[]", "{}"];

    [Fact]
    public async Task Every_value_of_every_argument_has_the_same_fate_at_both_doors()
    {
        await using var doors = await TwoDoors.OpenAsync();
        var calls = 0;
        foreach (var tool in doors.Tools)
        {
            var good = doors.Example(tool);
            calls += await doors.CompareAsync(tool, good);
            calls += await doors.CompareAsync(tool, []);
            foreach (var argument in tool.Arguments.Keys)
            {
                var without = good.DeepClone().AsObject();
                without.Remove(argument);
                calls += await doors.CompareAsync(tool, without);
                foreach (var value in Values)
                {
                    var changed = good.DeepClone().AsObject();
                    changed[argument] = JsonNode.Parse(value);
                    calls += await doors.CompareAsync(tool, changed);
                }

                var misspelt = good.DeepClone().AsObject();
                misspelt[$"{argument}s"] = "x";
                calls += await doors.CompareAsync(tool, misspelt);
            }
        }

        Faults.None(doors.Differences);
        Assert.InRange(calls, 2000, 100_000);
        Assert.Superset(new HashSet<string> { "ok", "missing-field", "invalid-input", "not-found", "invalid-cursor" }, doors.Codes);
    }

    /// <summary>Rights: nobody, each scope alone, the key of another bot.</summary>
    [Theory]
    [InlineData("false", "")]
    [InlineData("false", "read")]
    [InlineData("false", "write")]
    [InlineData("false", "control")]
    [InlineData("false", "write,control", "beta")]
    [InlineData("true", "read")]
    [InlineData("true", "write")]
    [InlineData("true", "control")]
    public async Task Each_credential_may_the_same_at_both_doors(string required, string scopes, string? bot = null)
    {
        await using var doors = await TwoDoors.OpenAsync([("REQUIRE_AUTH_FOR_READS", required)], scopes, bot);
        foreach (var tool in doors.Tools)
        {
            await doors.CompareAsync(tool, doors.Example(tool));
            var other = doors.Example(tool);
            other["bot_name"] = "alpha";
            await doors.CompareAsync(tool, other);
        }

        Faults.None(doors.Differences);
        Assert.Contains(bot is not null ? "wrong-bot" : scopes.Length == 0 ? "authentication-required" : "scope-needed", doors.Codes);
    }

    [Fact]
    public async Task What_is_stored_refuses_alike_at_both_doors()
    {
        await using var doors = await TwoDoors.OpenAsync();
        var steps = new (string Tool, string Arguments, string Code)[]
        {
            ("open_trade", Trade, "ok"),
            ("add_fill", """{"trade_id":1,"kind":"exit","price":3,"quantity":11}""", "invalid-input"),
            ("close_trade", """{"trade_id":1,"exit_price":4,"quantity":11}""", "invalid-input"),
            ("close_trade", """{"trade_id":1,"exit_price":4,"idempotency_key":"c"}""", "ok"),
            ("close_trade", """{"trade_id":1,"exit_price":4,"idempotency_key":"c"}""", "ok"),
            ("close_trade", """{"trade_id":1,"exit_price":5,"idempotency_key":"c"}""", "idempotency-mismatch"),
            ("close_trade", """{"trade_id":1,"exit_price":4}""", "already-closed"),
            ("add_fill", """{"trade_id":1,"kind":"entry","price":3,"quantity":1}""", "already-closed"),
            ("close_trade", """{"trade_id":999,"exit_price":4}""", "not-found"),
            ("open_trade", """{"trading_pair":"BTC/USDT","side":"BUY","entry_price":3,"quantity":10,"external_id":"e"}""", "ok"),
            ("open_trade", """{"trading_pair":"BTC/USDT","side":"BUY","entry_price":4,"quantity":10,"external_id":"e"}""", "external-id-taken"),
            ("open_trade", """{"trading_pair":"BTC/USDT","side":"BUY","entry_price":3,"quantity":10,"signal_id":999}""", "invalid-input"),
            ("trigger_circuit_breaker", """{"reason":"a test"}""", "ok"),
            ("open_trade", Trade, "breaker-triggered"),
            ("add_fill", """{"trade_id":2,"kind":"entry","price":3,"quantity":1}""", "breaker-triggered"),
            ("add_fill", """{"trade_id":2,"kind":"exit","price":3,"quantity":1}""", "ok"),
            ("clear_circuit_breaker", """{"reason":"the test is over"}""", "ok"),
            ("open_trade", Trade, "ok"),
        };
        foreach (var (tool, arguments, code) in steps)
        {
            Assert.Equal((arguments, code), (arguments, await doors.CodeAsync(tool, JsonNode.Parse(arguments)!.AsObject())));
        }

        Faults.None(doors.Differences);
    }

    [Fact]
    public async Task A_used_up_limit_refuses_alike_at_both_doors()
    {
        await using var doors = await TwoDoors.OpenAsync([("RATE_LIMIT_ENABLED", "true"), ("RATE_LIMIT_PER_KEY_PER_MINUTE", "12")], withRecords: false);
        var codes = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            codes.Add(await doors.CodeAsync("get_overview", []));
            codes.Add(await doors.CodeAsync("record_signal", JsonNode.Parse(Signal)!.AsObject()));
        }

        Assert.All(codes, static code => Assert.Equal("ok", code));
        for (var i = 0; i < 13; i++)
        {
            codes.Add(await doors.HttpAsync("list_signals"));
        }

        Assert.Equal("rate-limited", codes[^1]);
        Faults.None(doors.Differences);
    }

    /// <summary>The two servers, and the same calls at both.</summary>
    private sealed class TwoDoors(TestServer byHttp, TestServer byMcp, HttpClient client, McpConnection agent) : IAsyncDisposable
    {
        private readonly Dictionary<string, JsonObject> examples = [];

        public IReadOnlyList<BoundTool> Tools { get; } = byMcp.Services.GetRequiredService<ToolBook>().All;

        public List<string> Differences { get; } = [];

        public HashSet<string> Codes { get; } = [];

        public static async Task<TwoDoors> OpenAsync((string, string)[]? settings = null, string scopes = "read,write,control", string? bot = null, bool withRecords = true)
        {
            var (byHttp, byMcp) = (await TestServer.StartAsync(settings ?? []), await TestServer.StartAsync(settings ?? []));
            foreach (var server in withRecords ? [byHttp, byMcp] : Array.Empty<TestServer>())
            {
                await server.PostAsync("/api/signals", Signal);
                await server.PostAsync("/api/trades", Trade);
                await server.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running"}""");
                await server.PostAsync("/api/market-context", """{"btc_price":64000}""");
            }

            var (client, credential) = (new HttpClient { BaseAddress = byHttp.Anonymous.BaseAddress }, (string?)null);
            if (scopes.Length > 0)
            {
                client = byHttp.ClientWithKey(await KeyAsync(byHttp, scopes, bot));
                credential = await KeyAsync(byMcp, scopes, bot);
            }

            var doors = new TwoDoors(byHttp, byMcp, client, await McpConnection.OpenAsync(byMcp, credential, "2025-11-25"));
            foreach (var (route, body) in await ExampleBodies.OfAsync(byHttp))
            {
                doors.examples[route] = body is null ? [] : JsonNode.Parse(body)!.AsObject();
            }

            return doors;
        }

        /// <summary>Good arguments: the example of the write, and the id of a record that is there.</summary>
        public JsonObject Example(BoundTool tool)
        {
            var arguments = examples.GetValueOrDefault(tool.Parts[0].Route)?.DeepClone().AsObject() ?? [];
            if (tool.Parts.FirstOrDefault(static part => part.Declared is { Target: not null, When: null }) is { } part)
            {
                arguments[part.Declared.Target!] = part.Operation.TargetName == "id" ? 1 : "alpha";
            }

            return arguments;
        }

        public async Task<int> CompareAsync(BoundTool tool, JsonObject arguments)
        {
            await CodeAsync(tool.Declared.Name, arguments);
            return 1;
        }

        /// <summary>Returns the code of the refusal, or <c>ok</c>, and notes where the doors differ.</summary>
        public async Task<string> CodeAsync(string name, JsonObject arguments)
        {
            var tool = Tools.Single(one => one.Declared.Name == name);
            if (tool.Declared.Kind == ToolKind.Read && arguments.Any(static argument => argument.Value is JsonArray or JsonObject))
            {
                // A query has no such values.
                return "none";
            }

            var (isError, answer) = await agent.TryAsync(name, arguments.ToJsonString());
            var mcp = isError ? (string)answer["code"]! : "ok";
            var http = await HttpAsync(tool, arguments);
            Codes.Add(mcp);
            if (http != mcp && !(http == "ok" && mcp == "invalid-input" && arguments.Any(argument => !tool.Arguments.ContainsKey(argument.Key))))
            {
                Differences.Add($"{name} {Short(arguments)}: HTTP says {http}, MCP {mcp} ({Short(answer)}).");
            }

            return mcp;
        }

        public Task<string> HttpAsync(string name) => HttpAsync(Tools.Single(one => one.Declared.Name == name), []);

        /// <summary>Does over HTTP what the tool does: each of its operations, until one is refused.</summary>
        public async Task<string> HttpAsync(BoundTool tool, JsonObject arguments)
        {
            foreach (var part in tool.Parts)
            {
                if ((part.Declared.When is { } when && arguments[when] is null) || (part.Declared.Unless is { } unless && arguments[unless] is not null))
                {
                    continue;
                }

                var (status, body) = await SendAsync(tool, part, arguments);
                if (status >= 400 && !(status == 404 && part.Declared.MayBeMissing))
                {
                    return (string)body["code"]!;
                }
            }

            return "ok";
        }

        public async ValueTask DisposeAsync()
        {
            await agent.DisposeAsync();
            client.Dispose();
            await byHttp.DisposeAsync();
            await byMcp.DisposeAsync();
        }

        private async Task<(int Status, JsonObject Body)> SendAsync(BoundTool tool, BoundPart part, JsonObject arguments)
        {
            var path = part.Operation.Path;
            if (part.Declared.Target is { } target)
            {
                if (TextOf(arguments[target]) is not { Length: > 0 } value)
                {
                    return (400, new JsonObject { ["code"] = "missing-field" });
                }

                path = path.Replace($"{{{part.Operation.TargetName}}}", Uri.EscapeDataString(value), StringComparison.Ordinal);
            }

            if (part.Operation is WriteOperation)
            {
                var body = arguments.DeepClone().AsObject();
                body.Remove(part.Declared.Target ?? "");
                var key = body[BoundTool.IdempotencyKey];
                body.Remove(BoundTool.IdempotencyKey);
                if (key is not null && key.GetValueKind() != JsonValueKind.String)
                {
                    return (400, new JsonObject { ["code"] = "invalid-input" });
                }

                return await client.SendAsync(part.Operation.Method, path, body.ToJsonString(), key is null ? [] : [(IdempotencyKey.Header, (string)key!)]);
            }

            var query = part.Parameters.Select(parameter => (parameter.Parameter.Name, Value: TextOf(arguments[parameter.Argument]))).Where(static one => one.Value is not null)
                .Concat(part.Declared.Fixed.Select(static one => (Name: one.Key, Value: (string?)one.Value)))
                .Concat(part.Declared.As is null ? arguments.Where(argument => !tool.Arguments.ContainsKey(argument.Key)).Select(static argument => (Name: argument.Key, Value: TextOf(argument.Value))) : []);
            return await client.SendAsync("GET", $"{path}?{string.Join('&', query.Select(static one => $"{one.Name}={Uri.EscapeDataString(one.Value!)}"))}");
        }

        private static string? TextOf(JsonNode? value) => value is null ? null : value.GetValueKind() == JsonValueKind.String ? (string)value! : value.ToJsonString();

        private static string Short(JsonObject json) => json.ToJsonString() is { Length: > 300 } text ? text[..300] : json.ToJsonString();

        private static async Task<string> KeyAsync(TestServer server, string scopes, string? bot) => (string)(await server.PostAsync(
            "/api/keys", new JsonObject { ["name"] = "walker", ["scopes"] = scopes, ["bot_name"] = bot }.ToJsonString()))["key"]!;
    }
}
