using System.Globalization;
using System.Text.Json;

namespace Pilothouse.Mcp;

/// <summary>What an answer tells about its own data: in which mode it came to be, how old it is, and how many cases it rests on.</summary>
internal sealed class AnswerFacts(DateTimeOffset now)
{
    /// <summary>Times that do not tell when something was observed.</summary>
    private static readonly string[] NoObservations = ["judged_at", "asked_at", "set_at", "expires_at", "cache_expires_at"];

    /// <summary>The time of the newest observation; null if there is none.</summary>
    public DateTimeOffset? Newest { get; private set; }

    /// <summary>The modes that the records name.</summary>
    public Modes Modes { get; private set; }

    /// <summary>The bots that the records name.</summary>
    public HashSet<string> Bots { get; } = [];

    /// <summary>The size of the sample, by the field that tells it; null if none was seen.</summary>
    public long? Sample { get; private set; }

    public DateTimeOffset Now => now;

    /// <summary>Looks at a field of the answer.</summary>
    public void See(string name, JsonElement value, string? sampleField)
    {
        if (name == sampleField && SizeOf(value) is { } size && !(size <= Sample))
        {
            // A total is larger than its parts, wherever it stands.
            Sample = size;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            return;
        }

        if (name == "mode")
        {
            Modes |= ModesOf(value.GetString());
        }
        else if (name == "bot_name")
        {
            Bots.Add(value.GetString()!);
        }
        else
        {
            SeeTime(name, value);
        }
    }

    /// <summary>The size of a sample: a number, the largest of a table of numbers, or how many records there are.</summary>
    private static long? SizeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.TryGetInt64(out var number) ? number : null,
        JsonValueKind.Array when value.GetArrayLength() > 0 && value[0].ValueKind is JsonValueKind.Array or JsonValueKind.Number => value.EnumerateArray().Max(SizeOf),
        JsonValueKind.Array => value.GetArrayLength(),
        _ => null,
    };

    /// <summary>Looks for the newest time in data that is not part of the answer.</summary>
    public void SeeAge(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            json.EnumerateArray().ToList().ForEach(SeeAge);
        }
        else if (json.ValueKind == JsonValueKind.Object)
        {
            foreach (var field in json.EnumerateObject())
            {
                SeeTime(field.Name, field.Value);
                SeeAge(field.Value);
            }
        }
    }

    /// <summary>The data was made just now.</summary>
    public void SeeNow() => Newest = now;

    /// <summary>Returns the mode that a word of a record means: paper, or live for auto and manual.</summary>
    public static Modes ModesOf(string? word) => word?.ToLowerInvariant() switch
    {
        "paper" => Modes.Paper,
        "auto" or "manual" => Modes.Live,
        _ => Modes.None,
    };

    private void SeeTime(string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String && (name == "timestamp" || name.EndsWith("_at", StringComparison.Ordinal)) && !NoObservations.Contains(name)
            && DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time <= now && !(time <= Newest))
        {
            Newest = time;
        }
    }
}

/// <summary>Whether money is real.</summary>
[Flags]
internal enum Modes
{
    None = 0,
    Paper = 1,
    Live = 2,
}
