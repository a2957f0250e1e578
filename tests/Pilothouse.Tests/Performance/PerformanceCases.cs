using System.Text.Json;
using Pilothouse.Performance;
using Pilothouse.Storage;

namespace Pilothouse.Tests.Performance;

/// <summary>The cases that figures.py computes as well: cases.json by hand, random.json seeded, expected.json its answers.</summary>
internal static class PerformanceCases
{
    public static readonly string Root = FindRoot();

    private static readonly string Folder = Path.Combine(Root, "tests", "Pilothouse.Tests", "Performance");

    public static readonly Dictionary<string, JsonElement> All =
        new[] { "cases.json", "random.json" }.SelectMany(file => Read(file).EnumerateArray()).ToDictionary(Name);

    public static readonly JsonElement Expected = Read("expected.json");

    public static decimal? StartingBalance(JsonElement aCase) => Number(aCase, "starting_balance");

    public static TimeZoneInfo Zone(JsonElement aCase) =>
        TimeZoneInfo.FindSystemTimeZoneById(aCase.GetProperty("time_zone").GetString()!);

    public static IEnumerable<JsonElement> ClosedRows(JsonElement aCase) => aCase.GetProperty("trades").EnumerateArray()
        .Where(row => string.Equals(row.GetProperty("status").GetString(), "closed", StringComparison.OrdinalIgnoreCase));

    public static ClosedTrade[] Trades(JsonElement aCase) =>
        [.. ClosedRows(aCase).Select(Trade).OrderBy(trade => trade.ClosedAt).ThenBy(trade => trade.Id)];

    public static PerformanceFigures Figures(JsonElement aCase) => new(StartingBalance(aCase), Zone(aCase));

    public static PerformanceBasis Basis() => new(null, null, "", Ratios.DaysPerYear, "all", null, null);

    public static decimal? Number(JsonElement row, string field) =>
        row.GetProperty(field) is { ValueKind: JsonValueKind.Number } number ? number.GetDecimal() : null;

    private static ClosedTrade Trade(JsonElement row)
    {
        var opened = Time(row.GetProperty("timestamp"))!.Value;
        return new ClosedTrade(
            row.GetProperty("id").GetInt64(),
            opened,
            Time(row.GetProperty("closed_at")) ?? opened,
            Number(row, "pnl") ?? 0,
            Number(row, "fees") ?? 0);
    }

    private static DateTimeOffset? Time(JsonElement text) =>
        Timestamps.TryParse(text.GetString(), out var time) ? time : null;

    private static string Name(JsonElement aCase) => aCase.GetProperty("name").GetString()!;

    private static JsonElement Read(string file) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, file))).RootElement;

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Pilothouse.slnx")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No folder above the tests holds Pilothouse.slnx.");
        }

        return folder.FullName;
    }
}
