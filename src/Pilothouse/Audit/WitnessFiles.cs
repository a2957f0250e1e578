using System.Globalization;
using System.Text.RegularExpressions;
using Pilothouse.Storage;
using Pilothouse.Storage.Files;

namespace Pilothouse.Audit;

/// <summary>Reads the ends of the audit log's chains from the files of the server's log.</summary>
internal static partial class WitnessFiles
{
    /// <summary>Reads every file of the log; returns nothing if the folder does not exist.</summary>
    public static IReadOnlyList<AuditWitness> Read(string folder)
    {
        var found = new HashSet<AuditWitness>();
        if (!Directory.Exists(folder))
        {
            return [];
        }

        foreach (var path in Directory.EnumerateFiles(folder, "*.log").Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(PlainFile.Read(path));
            while (reader.ReadLine() is { } line)
            {
                if (line.Contains("Audit log: chain ", StringComparison.Ordinal) && Line().Match(line) is { Success: true } match
                    && Timestamps.TryParse(match.Groups[4].Value, out var at, out _))
                {
                    found.Add(new(at, match.Groups[1].Value, long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture), match.Groups[3].Value));
                }
            }
        }

        return [.. found.OrderBy(static witness => witness.At)];
    }

    [GeneratedRegex(@"Audit log: chain (\S+) ends at row (\d{1,18}) with hash ([0-9a-f]*) at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)")]
    private static partial Regex Line();
}
