using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Performance;

/// <summary>Asks figures.py, the independent computation, about the trades that the API shows, and compares every figure.</summary>
internal static class Numpy
{
    /// <summary>What numpy makes of every closed trade of the server, at most 500.</summary>
    public static async Task<JsonObject> FiguresAsync(TestServer server, string balance, string zone = "UTC")
    {
        var trades = await server.GetAsync("/api/trades?status=closed&limit=500");
        var file = server.Folder.File("trades.json");
        await File.WriteAllTextAsync(file, trades.ToJsonString());
        return await RunAsync("figures.py", "--trades", file, "--starting-balance", balance, "--tz", zone);
    }

    /// <summary>Runs a script beside this file.</summary>
    /// <returns>The JSON that it printed.</returns>
    public static async Task<JsonObject> RunAsync(string name, params string[] arguments)
    {
        var script = Repository.PathOf("tests", "Pilothouse.Tests", "Performance", name);
        var (code, output, error) = await Tool.RunAsync("/usr/bin/python3", [script, .. arguments]);
        Assert.True(code == 0, output + error);
        return JsonNode.Parse(output)!.AsObject();
    }

    /// <summary>Every figure that numpy has is the answer's, null where numpy says null.</summary>
    public static async Task CompareAsync(TestServer server, string path, JsonObject expected) =>
        Compare(path, expected, (await server.GetAsync(path))["data"]!.AsObject());

    public static void Compare(string what, JsonObject expected, JsonObject actual)
    {
        foreach (var (name, value) in expected.Where(static pair => pair.Value is not JsonObject and not JsonArray))
        {
            Assert.True(actual.ContainsKey(name), $"{what} has no {name}");
            var shown = actual[name];
            if (value is JsonValue number && number.TryGetValue<double>(out var figure))
            {
                Assert.True(shown is not null, $"{what}, {name}: numpy says {figure}, the answer null");
                var difference = Math.Abs((double)shown - figure);
                Assert.True(difference <= Math.Max(1e-9 * Math.Abs(figure), 1e-12), $"{what}, {name}: numpy says {figure}, the answer {shown}");
            }
            else if (value is null)
            {
                Assert.True(shown is null, $"{what}, {name}: numpy says null, the answer {shown}");
            }
            else
            {
                Assert.True((string?)value == (string?)shown, $"{what}, {name}: numpy says {value}, the answer {shown}");
            }
        }
    }
}
