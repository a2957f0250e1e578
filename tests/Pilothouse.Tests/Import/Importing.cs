using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Import;

/// <summary>Runs <c>pilothouse import</c> beside a running server.</summary>
internal static class Importing
{
    /// <summary>Runs the command, which must succeed, and returns its report.</summary>
    public static async Task<JsonObject> ImportAsync(this TestServer server, params string[] arguments)
    {
        var (code, output, error) = await server.TryImportAsync([.. arguments, "--json"]);
        Assert.True(code == 0, error + output);
        return JsonNode.Parse(output)!.AsObject();
    }

    public static async Task<(int Code, string Out, string Error)> TryImportAsync(this TestServer server, params string[] arguments) => await ServerProcess.RunAsync(
        server.Folder, ["import", .. arguments], await TestEngine.CommandAsync(server.Folder, ("JWT_SECRET_KEY", TestServer.Secret), ("LOG_DIR", server.Folder.File("logs"))));

    /// <summary>The counts of a table: stored, changed, as before, left out.</summary>
    public static string Counts(this JsonObject report, string table = "trades") =>
        report["tables"]!.AsArray().FirstOrDefault(one => (string?)one!["table"] == table) is { } counts
            ? $"{counts["stored"]} {counts["updated"]} {counts["unchanged"]} {counts["left_out"]}" : "0 0 0 0";

    /// <summary>The reasons for which rows were left out, with their numbers.</summary>
    public static string LeftOut(this JsonObject report) =>
        string.Join("; ", report["left_out"]!.AsArray().Select(static kind => $"{kind!["rows"]} {kind["reason"]}"));

    /// <summary>Every trade, by its external_id.</summary>
    public static async Task<Dictionary<string, JsonObject>> TradesAsync(this TestServer server)
    {
        var all = new Dictionary<string, JsonObject>();
        for (var cursor = ""; ;)
        {
            var page = await server.GetAsync($"/api/trades?limit=500{cursor}");
            foreach (var trade in page["data"]!.AsArray())
            {
                all.Add((string)trade!["external_id"]!, trade.AsObject());
            }

            if ((string?)page["next_cursor"] is not { } next)
            {
                return all;
            }

            cursor = "&cursor=" + Uri.EscapeDataString(next);
        }
    }

    /// <summary>Makes a database of freqtrade, or lets its bot go on.</summary>
    public static async Task FreqtradeAsync(string what, string file, params string[] more)
    {
        var (code, _, error) = await Tool.RunAsync("/usr/bin/python3", [Tools, what, file, .. more]);
        Assert.True(code == 0, error);
    }

    /// <summary>freqtrade's own figures of a file.</summary>
    public static async Task<JsonObject> FiguresAsync(string file)
    {
        var (code, output, error) = await Tool.RunAsync("/usr/bin/python3", [Tools, "figures", file]);
        Assert.True(code == 0, error);
        return JsonNode.Parse(output)!.AsObject();
    }

    public static double Number(this JsonNode node, string name) => node[name]!.GetValue<double>();

    public static void Close(double expected, double actual, double tolerance, string what) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance, string.Create(CultureInfo.InvariantCulture, $"{what}: {actual:R} is not {expected:R}"));

    private static string Tools => Repository.PathOf("tests", "tools", "freqtrade.py");
}
