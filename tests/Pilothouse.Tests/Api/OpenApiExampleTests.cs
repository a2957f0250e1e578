using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>The examples in the OpenAPI document. check-openapi.sh has Postman's own runner send them as well.</summary>
public sealed class OpenApiExampleTests
{
    /// <summary>Operations whose examples cannot work on an empty server: wrong PIN, renewal with an API key, missing backup, no request for consent, no alert, secret of a webhook.</summary>
    private static readonly Dictionary<string, int> Refused = new()
    {
        ["login"] = 401,
        ["refreshSession"] = 403,
        ["verifyBackup"] = 404,
        ["resendAlert"] = 404,
        ["findConsent"] = 404,
        ["approveConsent"] = 404,
        ["denyConsent"] = 404,
        ["receiveTradingView"] = 404,
        ["receiveTradingViewBySecret"] = 404,
        ["receiveFreqtrade"] = 404,
        ["receiveFreqtradeBySecret"] = 404
    };

    /// <summary>Objects whose field names are data and not part of the format.</summary>
    private static readonly string[] Dictionaries = ["tables", "undefined", "fields", "pairs"];

    [Fact]
    public async Task Every_body_parameter_and_answer_has_an_example()
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        foreach (var (path, method, item) in Operations(await server.GetAsync("/openapi/v1.json")))
        {
            var shown = $"{method} {path}";
            Assert.True(item["requestBody"] is not { } body || Json(body)!["example"] is JsonObject, $"{shown} takes a body without an example: its place is takes of {Place(item)}");
            Assert.All(item["parameters"]?.AsArray() ?? [], parameter => Assert.True(parameter!["example"] is not null, $"{shown} has no example of {parameter["name"]}: its place is parameters of {Place(item)}, or Http/SharedExamples.json"));
            foreach (var (status, answer) in item["responses"]!.AsObject())
            {
                Assert.All(answer!["content"]!.AsObject(), content => Assert.True(content.Value!["example"] is not null, $"{shown} {status} has no example: its place is answers.{status} of {Place(item)}"));
            }
        }

        static string Place(JsonObject item) => $"{item["operationId"]} in the Examples.json of its feature";
    }

    [Fact]
    public async Task Every_example_works_and_is_answered_as_the_example_says()
    {
        await using var server = await TestServer.StartAsync();
        var document = await server.GetAsync("/openapi/v1.json");
        foreach (var (path, method, item) in Operations(document).OrderBy(static operation => Turn(operation.Method, operation.Path)))
        {
            var id = (string)item["operationId"]!;
            var body = item["requestBody"] is { } takes ? Encoding.UTF8.GetBytes(Json(takes)!["example"]!.ToJsonString()) : null;
            using var answer = await server.Client.RawAsync(method.ToUpperInvariant(), AddressOf(path, item), body);
            var (status, text) = ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            var documented = item["responses"]![$"{status}"];
            Assert.True(documented is not null, $"{id} answered {status}, which is not documented: {text}");
            Assert.True(Refused.TryGetValue(id, out var expected) ? status == expected : status is 200 or 201, $"{id} answered {status}: {text}");
            if (Json(documented)?["example"] is { } example && status < 400)
            {
                AssertSameForm(example, JsonNode.Parse(text), id);
            }
        }
    }

    /// <summary>Orders the operations: first those whose records others need, last those that end the credential.</summary>
    private static int Turn(string method, string path) => (method, path) switch
    {
        ("post", var sent) when !sent.Contains('{', StringComparison.Ordinal) => 0,
        ("get", _) => 1,
        ("delete", _) => 4,
        (_, var sent) when sent.EndsWith("/close", StringComparison.Ordinal) => 3,
        (_, var sent) when sent.EndsWith("/void", StringComparison.Ordinal) => 4,
        _ => 2,
    };

    private static string AddressOf(string path, JsonObject item)
    {
        var query = new List<string>();
        foreach (var parameter in item["parameters"]?.AsArray() ?? [])
        {
            Assert.True(parameter!["example"] is not null, $"{path} has no example of {parameter["name"]}");
            var (name, value) = ((string)parameter["name"]!, Uri.EscapeDataString(parameter["example"]!.ToString()));
            path = path.Replace($"{{{name}}}", value, StringComparison.Ordinal);
            if ((string?)parameter["in"] == "query")
            {
                query.Add($"{name}={value}");
            }
        }

        return query.Count == 0 ? path : $"{path}?{string.Join('&', query)}";
    }

    /// <summary>Compares two JSON values: the same names in the same order, and values of the same type where both have one.</summary>
    private static void AssertSameForm(JsonNode? example, JsonNode? real, string where)
    {
        switch (example, real)
        {
            case (JsonObject one, JsonObject other):
                Assert.True(one.Select(static field => field.Key).SequenceEqual(other.Select(static field => field.Key)), $"{where} has {other.ToJsonString()}, and the example {one.ToJsonString()}");
                foreach (var (name, value) in one.Where(static field => !Dictionaries.Contains(field.Key)))
                {
                    AssertSameForm(value, other[name], $"{where}.{name}");
                }

                break;
            case (JsonArray { Count: > 0 } one, JsonArray { Count: > 0 } other):
                AssertSameForm(one[0], other[0], where + "[0]");
                break;
            case (not null, not null):
                Assert.True(Kind(example) == Kind(real), $"{where} is {real.ToJsonString()}, and in the example {example.ToJsonString()}");
                break;
        }
    }

    private static JsonValueKind Kind(JsonNode node) => node.GetValueKind() is var kind and not JsonValueKind.False ? kind : JsonValueKind.True;

    private static JsonNode? Json(JsonNode described) => described["content"]?["application/json"];

    private static IEnumerable<(string Path, string Method, JsonObject Item)> Operations(JsonObject document) =>
        document["paths"]!.AsObject().SelectMany(static path => path.Value!.AsObject().Select(item => (path.Key, item.Key, item.Value!.AsObject())));
}
