using System.Text.Json;
using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.CircuitBreaker;

/// <summary>
/// What holds since somebody cleared the breaker, so that a measure that is still past its limit does not trigger again at once: a new peak,
/// another limit, or a pause. Exactly one of the three is set.
/// </summary>
/// <param name="TriggerType">Of which rule.</param>
/// <param name="Measure">Of which measure of the rule; null for each.</param>
/// <param name="BotName">Of which bot's account; null for all accounts together, and for the market.</param>
/// <param name="Mode">Of which mode of that bot.</param>
/// <param name="PeakFrom">Only what was seen from this time on counts for the peak.</param>
/// <param name="PeakAfterId">For money: the trade of that time behind which the new peak begins.</param>
/// <param name="Limit">This limit counts, until the measure is within the limit of the settings again.</param>
/// <param name="PausedUntil">The measure triggers nothing before this time.</param>
internal sealed record Hold(
    string TriggerType, string? Measure, string? BotName, string? Mode, DateTimeOffset? PeakFrom, long? PeakAfterId, decimal? Limit, DateTimeOffset? PausedUntil)
{
    public bool IsFor(string type, string measure, string? bot, string? mode) =>
        TriggerType == type && (Measure is null || Measure == measure) && BotName == bot && Mode == mode;

    public bool Replaces(Hold other) =>
        TriggerType == other.TriggerType && Measure == other.Measure && BotName == other.BotName && Mode == other.Mode;
}

/// <summary>What the rules must not forget over a restart.</summary>
/// <param name="Streaks">How many observations in a row were past the limit, by rule.</param>
/// <param name="Holds">What holds since the breaker was cleared.</param>
internal sealed record BreakerMemory(Dictionary<string, int> Streaks, List<Hold> Holds)
{
    public static BreakerMemory Nothing => new([], []);

    public string ToJson() => JsonText.Of(this, BreakerMemoryJson.Default.BreakerMemory);

    /// <summary>Returns the memory with more holds; each replaces an older one for the same measure.</summary>
    public BreakerMemory With(IReadOnlyList<Hold> more) =>
        this with { Holds = [.. Holds.Where(old => !more.Any(hold => hold.Replaces(old))), .. more] };

    /// <summary>The text is our own. One that another program has spoiled counts as nothing remembered.</summary>
    public static BreakerMemory Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, BreakerMemoryJson.Default.BreakerMemory) is { Streaks: not null, Holds: not null } memory ? memory : Nothing;
        }
        catch (JsonException)
        {
            return Nothing;
        }
    }

    public static Recovery? RecoveryOf(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize(json, BreakerJson.Default.Recovery);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static string? JsonOf(Recovery? recovery) => recovery is null ? null : JsonText.Of(recovery, BreakerJson.Default.Recovery);
}

/// <summary>A row of <c>breaker_states</c>: how far one of the followers has judged the log of changes, and what it remembers.</summary>
/// <param name="Position">Everything up to here was judged.</param>
/// <param name="Version">Counts the decisions. Who decides on the ground of an older one decides nothing.</param>
internal sealed record BreakerState(long Position, long Version, BreakerMemory Memory)
{
    private static readonly Sql Find = new("SELECT position, version, memory FROM breaker_states WHERE name = @name");

    private static readonly Sql Store = new("""
        INSERT INTO breaker_states(name, position, version, memory) VALUES (@name, @position, @version, @memory)
        ON CONFLICT (name) DO UPDATE SET position = excluded.position, version = excluded.version, memory = excluded.memory
        """);

    /// <summary>Returns the stored state; before the first decision, the beginning of the log.</summary>
    public static async ValueTask<BreakerState> FindAsync(Session session, string name) =>
        await session.Prepare(Find).Set("name", name).FirstAsync(
            static row => new BreakerState(row.Whole(0) ?? 0, row.Whole(1) ?? 0, BreakerMemory.Parse(row.Text(2) ?? "")))
        ?? new BreakerState(0, 0, BreakerMemory.Nothing);

    public ValueTask<int> StoreAsync(Session session, string name) => session.Prepare(Store)
        .Set("name", name).Set("position", (long?)Position).Set("version", (long?)Version).Set("memory", Memory.ToJson()).ChangeAsync();
}

/// <summary>The form in which the memory is stored.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BreakerMemory))]
internal sealed partial class BreakerMemoryJson : JsonSerializerContext;
