using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>
/// Writes records as CSV (RFC 4180) in UTF-8: the fields of their JSON, in the same order; null is empty. Spreadsheets run a text as a formula
/// if it begins with one of a few characters, so such a text gets an apostrophe in front. Numbers stay numbers.
/// </summary>
/// <param name="type">The JSON form of a record.</param>
internal sealed class CsvText<T>(JsonTypeInfo<T> type)
{
    private const string LineEnd = "\r\n";

    private readonly JsonPropertyInfo[] fields = [.. type.Properties.Where(static field => field.Get is not null).OrderBy(static field => field.Order)];

    /// <summary>The line with the names of the fields.</summary>
    public byte[] Header => Encoding.UTF8.GetBytes(string.Join(',', fields.Select(static one => one.Name)) + LineEnd);

    /// <summary>A line for each record.</summary>
    public byte[] Lines(IReadOnlyList<T> records)
    {
        var text = new StringBuilder();
        foreach (var record in records)
        {
            for (var i = 0; i < fields.Length; i++)
            {
                text.Append(i > 0 ? "," : "").Append(Cell(fields[i].Get!(record!)));
            }

            text.Append(LineEnd);
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Cell(object? value) => value switch
    {
        null => "",
        string text => Quoted(Disarmed(text)),
        bool isTrue => isTrue ? "true" : "false",
        JsonElement json => json.ValueKind == JsonValueKind.String ? Quoted(Disarmed(json.GetString()!)) : Quoted(JsonText.Of(json, ContractJson.Default.JsonElement)),
        DateTimeOffset time => Timestamps.ToAnswer(time),
        decimal or double or long or int => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException($"Nobody knows how {value.GetType().Name} is written in CSV."),
    };

    private static string Disarmed(string text) => text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' ? "'" + text : text;

    private static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\r\n") >= 0 || text.AsSpan().Trim().Length < text.Length
        ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
