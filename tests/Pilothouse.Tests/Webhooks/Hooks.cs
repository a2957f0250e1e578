using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Webhooks;

/// <summary>A webhook as a test made it.</summary>
internal sealed record Hook(long Id, string Path, string Secret)
{
    public string BySecret => $"{Path}/{Secret}";
}

/// <summary>Short forms of what tests of webhooks do.</summary>
internal static class Hooks
{
    public const string Made = "/api/webhooks";
    public const string Deliveries = "/api/webhooks/deliveries";

    /// <summary>Makes a webhook.</summary>
    public static async Task<Hook> MakeHookAsync(this TestServer server, string json)
    {
        var made = await server.PostAsync(Made, json);
        return new((long)made["webhook_id"]!, (string)made["path"]!, (string)made["secret"]!);
    }

    public static Task<Hook> TradingViewAsync(this TestServer server, string more = "") => server.MakeHookAsync($$"""{"name":"btc-trend","kind":"tradingview","bot_name":"alpha"{{more}}}""");

    public static Task<Hook> FreqtradeAsync(this TestServer server, string name = "ft") => server.MakeHookAsync($$"""{"name":"{{name}}","kind":"freqtrade","mode":"paper"}""");

    /// <summary>Sends a message without a credential.</summary>
    public static async Task<(int Status, JsonObject Body)> TellAsync(this TestServer server, string path, string text, string? type = "text/plain", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(text)) };
        request.Content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await server.Anonymous.SendAsync(request);
        return ((int)answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsObject());
    }

    /// <summary>Returns what became of the messages, the oldest first: the outcome, and the code of a refusal.</summary>
    public static async Task<List<string>> OutcomesAsync(this TestServer server) =>
        [.. (await server.GetAsync($"{Deliveries}?limit=500"))["data"]!.AsArray().Select(static one => $"{one!["outcome"]} {one["code"]}".Trim()).Reverse()];

    public static async Task<JsonObject> NewestDeliveryAsync(this TestServer server) => (await server.GetAsync($"{Deliveries}?limit=1"))["data"]![0]!.AsObject();

    public static string Recorded(string name) => File.ReadAllText(Repository.PathOf("tests", "Pilothouse.Tests", "Webhooks", "recorded", name));

    /// <summary>An alert in JSON, of the moment at which the tests' clock stands, with these fields in the place of its own.</summary>
    public static string Alert(params (string Name, string? Value)[] fields)
    {
        var alert = JsonNode.Parse("""{"exchange":"BINANCE","ticker":"BTCUSDT","action":"buy","price":"65123.5","time":"2026-03-02T12:00:00Z"}""")!.AsObject();
        foreach (var (name, value) in fields)
        {
            alert.Remove(name);
            if (value is not null)
            {
                alert[name] = value;
            }
        }

        return alert.ToJsonString();
    }

    public static long Count(this TestServer server, string table) => long.Parse(server.Sql($"SELECT count(*) FROM {table}")!, CultureInfo.InvariantCulture);
}
